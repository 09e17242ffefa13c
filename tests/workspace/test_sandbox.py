from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from ploeg.domain.errors import Invalid
from ploeg.workspace import sandbox as room
from ploeg.workspace.process import Finished, run
from ploeg.workspace.sandbox import Backend, NoIsolation, SandboxSpec, SandboxUnavailable, choose, probe

pytestmark = pytest.mark.anyio

SECRET = "the-workers-own-secret"


@pytest.fixture
def spec(tmp_path: Path) -> SandboxSpec:
    workspace, home = tmp_path / "workspace", tmp_path / "agent-home"
    workspace.mkdir()
    home.mkdir()
    return SandboxSpec(workspace=workspace, home=home)


async def inside(
    backend: Backend, spec: SandboxSpec, script: str, *arguments: str, env: Mapping[str, str] | None = None
) -> Finished:
    box = backend.around(spec)
    return await run(
        ["/bin/bash", "-c", script, "bash", *arguments],
        cwd=box.workspace,
        env={"PATH": box.search_path, "HOME": str(box.home), **(env or {})},
        timeout=20,
        sandbox=box,
    )


async def test_an_agent_writes_in_its_workspace_and_its_home(backend: Backend, spec: SandboxSpec) -> None:
    done = await inside(backend, spec, "echo here > file && echo there > ~/file && pwd")
    assert done.code == 0, done.stderr
    assert (spec.workspace / "file").read_text() == "here\n"
    assert spec.home is not None
    assert (spec.home / "file").read_text() == "there\n"
    assert done.stdout.decode().strip() == str(backend.around(spec).workspace)


async def test_an_agent_has_exactly_the_environment_it_is_given(backend: Backend, spec: SandboxSpec) -> None:
    os.environ["PLOEG_TEST_SECRET"] = SECRET
    try:
        done = await inside(backend, spec, "env -0", env={"GIVEN": "yes = no\nreally"})
    finally:
        del os.environ["PLOEG_TEST_SECRET"]
    names = {entry.partition(b"=")[0].decode() for entry in done.stdout.split(b"\0") if entry}
    assert names - {"PWD", "SHLVL", "_", "OLDPWD"} == {"PATH", "HOME", "GIVEN"}
    assert b"GIVEN=yes = no\nreally\0" in done.stdout


async def test_nothing_of_the_worker_is_in_any_process_that_an_agent_can_see(
    bubblewrap: Backend, spec: SandboxSpec, tmp_path: Path
) -> None:
    os.environ["PLOEG_TEST_SECRET"] = SECRET
    try:
        script = (
            "for p in /proc/[0-9]*; do cat $p/environ $p/cmdline; done 2>/dev/null; echo; cat /proc/1/environ | wc -c"
        )
        done = await inside(bubblewrap, spec, script)
    finally:
        del os.environ["PLOEG_TEST_SECRET"]
    assert SECRET.encode() not in done.stdout
    assert str(tmp_path).encode() not in done.stdout
    assert done.stdout.rstrip().endswith(b"\n0")


#: What an agent would go for. Each line is tried on its own, and must fail.
PROBES = [
    'cat "$1"',
    'ls "$(dirname "$1")"',
    'echo x > "$1"',
    "cat /etc/shadow",
    "ls /root/* || ls /root/.[a-z]*",
    "ls /home/*/.ssh | grep .",
    "cat ~/.netrc",
    "ls ~/.config/gh",
    "ls /var/lib/* | grep .",
    "ls /var/run/docker.sock /run/docker.sock",
    "ls /run/* | grep .",
    "ls /run/dbus || ls /var/run/dbus",
    "ls /tmp/.X11-unix",
    "ls /sys/*",
    "ls /boot/*",
    "ls /opt/*",
    "ls /srv/* ",
    "ls /mnt/* | grep .",
    "ls /dev/sda* /dev/vda* /dev/nvme*",
    "ls /dev/kvm /dev/mem /dev/kmsg",
    "cat /proc/1/environ | grep -a .",
    "cat /proc/1/root/etc/shadow",
    "readlink /proc/1/fd/* /proc/self/fd/* | grep -v '^pipe:\\|^/dev/null$\\|eventfd\\|^/proc'",
    "cat /proc/1/mem",
    "kill -9 1; sleep 0.05; ! kill -0 1",
    "test $(ls -d /proc/[0-9]* | wc -l) -gt 8",
    "echo x > /proc/sysrq-trigger",
    "cat /proc/sys/vm/swappiness > /proc/sys/vm/swappiness",
    "echo core > /proc/sys/kernel/core_pattern",
    "echo 1 > /proc/sys/kernel/ns_last_pid",
    "cat /proc/kcore | head -c 1 | grep .",
    "cat /proc/keys | grep .",
    "cat /proc/kmsg | head -c 1 | grep .",
    "cat /proc/timer_list | grep .",
    "touch /usr/bin/planted",
    "touch /etc/planted",
    "touch /bin/planted",
    "touch /planted",
    "touch /run/planted",
    "touch /lib/planted",
    "echo evil >> /etc/passwd",
    "echo evil >> /etc/hosts",
    "echo evil >> /etc/resolv.conf",
    "mount -t tmpfs none /tmp",
    "mount --bind / /tmp",
    "umount /proc",
    "mount -o remount,rw /usr",
    "unshare -U true",
    "unshare -m true",
    "unshare -n true",
    "chroot / true",
    "mknod /tmp/disk b 8 0",
    "nsenter -t 1 -m true",
    "hostname evil && test $(hostname) = evil",
    "date -s 2001-01-01",
    "dmesg | head -c 1 | grep .",
    "chown 0:0 /workspace && test $(stat -c %u /workspace) = 0",
    "su -c true",
    "sudo -n true",
    "crontab -l",
    "swapoff -a && swapon -a",
    "modprobe dummy",
    "reboot --help >/dev/null && systemctl status",
]


async def test_no_probe_gets_out_of_bubblewrap(bubblewrap: Backend, spec: SandboxSpec, tmp_path: Path) -> None:
    outside = tmp_path / "outside" / "canary"
    outside.parent.mkdir()
    outside.write_text("canary")
    quoted = "\n".join(f"tried {number} <<'EOF'\n{probe}\nEOF" for number, probe in enumerate(PROBES))
    script = 'set +e; tried() { n=$1; (bash -o pipefail -s "$OUTSIDE") >/dev/null 2>&1 && echo "$n"; }\n' + quoted
    done = await inside(bubblewrap, spec, script, env={"OUTSIDE": str(outside)})
    got_out = [PROBES[int(number)] for number in done.stdout.split()]
    assert got_out == [], f"{len(got_out)} of {len(PROBES)} probes got out"
    assert outside.read_text() == "canary"


async def test_an_agent_runs_as_an_ordinary_user_with_no_open_descriptor_of_the_worker(
    bubblewrap: Backend, spec: SandboxSpec
) -> None:
    done = await inside(bubblewrap, spec, "id -un; id -u; ls -l /proc/self/fd | wc -l; ls /proc/self/fd")
    name, uid, _, *fds = done.stdout.decode().split()
    assert (name, uid) == ("agent", "1000")
    assert set(fds) <= {"0", "1", "2", "3", "255"}, done.stdout  # 3 is ls itself, 255 is bash's


async def test_readable_folders_are_readable_and_writable_ones_writable(
    bubblewrap: Backend, spec: SandboxSpec, tmp_path: Path
) -> None:
    for name in ("readable", "writable", "kit/bin", "kit/lib"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "readable" / "file").write_text("read me")
    (tmp_path / "kit" / "lib" / "data").write_text("of the tool")
    tool = tmp_path / "kit" / "bin" / "tool"
    tool.write_text('#!/bin/sh\ncat "$(dirname "$0")/../lib/data"\n')
    tool.chmod(0o755)
    wider = SandboxSpec(
        workspace=spec.workspace,
        readable=(tmp_path / "readable",),
        writable=(tmp_path / "writable",),
        tool_paths=(tmp_path / "kit" / "bin",),
    )
    script = (
        'cat "$1/readable/file"; tool; echo w > "$1/writable/new"; ! touch "$1/readable/new" "$1/kit/new" 2>/dev/null'
    )
    done = await inside(bubblewrap, wider, script, str(tmp_path))
    assert (done.code, done.stdout) == (0, b"read meof the tool"), done.stderr
    assert (tmp_path / "writable" / "new").read_text() == "w\n"


async def test_a_home_that_is_not_given_is_empty_and_forgotten(bubblewrap: Backend, spec: SandboxSpec) -> None:
    bare = SandboxSpec(workspace=spec.workspace)
    for _ in range(2):
        done = await inside(bubblewrap, bare, "ls -A ~ && touch ~/left")
        assert (done.code, done.stdout) == (0, b"")


async def test_the_network_is_shared_and_says_so(backend: Backend, spec: SandboxSpec) -> None:
    assert room.NETWORK_IS_SHARED
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = await inside(backend, spec, 'exec 3<>"/dev/tcp/127.0.0.1/$1"', str(port))
    assert done.code == 0, done.stderr


@pytest.mark.parametrize("shared", ["", "..", "../.."])
def test_what_lies_around_the_workspace_cannot_be_shared(spec: SandboxSpec, shared: str) -> None:
    around = (spec.workspace / shared).resolve()
    with pytest.raises(Invalid, match="around the workspace"):
        SandboxSpec(workspace=spec.workspace, readable=(around,))
    with pytest.raises(Invalid, match="around the workspace"):
        SandboxSpec(workspace=spec.workspace, tool_paths=(around / "bin",))


def test_a_folder_that_is_not_there_is_named(spec: SandboxSpec, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no-such-folder"):
        SandboxSpec(workspace=spec.workspace, tool_paths=(tmp_path / "no-such-folder",))


async def test_a_bubblewrap_that_does_not_hold_is_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(SandboxUnavailable, match="install bubblewrap"):
        await probe("no-such-bubblewrap")
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(SandboxUnavailable, match=r"No permissions.*sandbox = \"none\""):
        await probe(str(broken))


async def test_a_bubblewrap_that_only_pretends_is_refused(tmp_path: Path) -> None:
    pretends = tmp_path / "bwrap"
    pretends.write_text(
        '#!/bin/bash\neval "exec 9>&$4"; echo "{\\"child-pid\\": $$}" >&9; exec 9>&-\n'
        'while [ "$1" != -- ]; do shift; done; shift; exec "$@"\n'
    )
    pretends.chmod(0o755)
    with pytest.raises(SandboxUnavailable):
        await probe(str(pretends))


async def test_no_isolation_has_to_be_asked_for_by_name(bubblewrap: Backend) -> None:
    assert await choose("none") == NoIsolation()
    assert (await choose("auto")).name == "bubblewrap"
    assert (await choose("bubblewrap")).name == "bubblewrap"
