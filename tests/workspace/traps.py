"""Ways in which a repository can make git, or whoever looks at it, run a program or reach a file outside.

Each sets one trap in a workspace as a hostile agent would. `ARM` is a command that leaves a trace wherever it runs.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.workspace.conftest import git

Trap = Callable[[Path, str], None]
TRAPS: dict[str, Trap] = {}
#: Those with which nothing can be taken over, and how that is said; the whole workspace is set aside then.
REFUSED = {
    "a submodule that updates by a command": "disallowed submodule url",
    "pipes where attributes should be": "no end within",
}


def trap(name: str) -> Callable[[Trap], Trap]:
    def add(setter: Trap) -> Trap:
        TRAPS[name] = setter
        return setter

    return add


def run_by_shell(path: Path, arm: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{arm}\ncat\n")
    path.chmod(0o755)
    return path


_COMMANDS = (
    *("core.fsmonitor", "core.pager", "core.editor", "core.askPass", "core.sshCommand", "core.gitProxy"),
    *("core.alternateRefsCommand", "sequence.editor", "diff.external", "interactive.diffFilter", "gpg.program"),
    *("credential.helper", "uploadpack.packObjectsHook", "pager.status", "pager.diff", "pager.log"),
    *("trailer.sign.command", "browser.x.cmd", "difftool.x.cmd", "mergetool.x.cmd", "sendemail.sendmailCmd"),
)
#: Options that name a program, each with a value that would run the command.
PROGRAMS = {
    **dict.fromkeys(_COMMANDS, "sh -c '{arm}' #"),
    **{f"alias.{name}": "!{arm}" for name in ("status", "add", "rev-parse", "bundle", "write-tree", "for-each-ref")},
    **{f"filter.x.{name}": "{arm}; cat" for name in ("clean", "smudge")},
    "filter.y.process": "{arm}",
    "diff.x.textconv": "{arm}; cat",
    "diff.x.command": "{arm}",
    "merge.x.driver": "{arm}",
    "remote.origin.uploadpack": "{arm};",
    "remote.origin.receivepack": "{arm};",
    "url.ext::sh -c touch% fired .insteadOf": "/",
    "protocol.ext.allow": "always",
    "gc.auto": "1",
    "commit.gpgSign": "true",
}
HOOKS = (
    *("applypatch-msg", "pre-applypatch", "post-applypatch", "pre-commit", "pre-merge-commit", "commit-msg"),
    *("prepare-commit-msg", "post-commit", "pre-rebase", "post-checkout", "post-merge", "pre-push", "pre-receive"),
    *("update", "proc-receive", "post-receive", "post-update", "reference-transaction", "push-to-checkout"),
    *("pre-auto-gc", "post-rewrite", "sendemail-validate", "fsmonitor-watchman", "post-index-change"),
)


@trap("every option that names a program")
def _(tree: Path, arm: str) -> None:
    for name, value in PROGRAMS.items():
        git("config", name, value.format(arm=arm), at=tree)
    (tree / ".gitattributes").write_text("* filter=x diff=x merge=x\n*.py filter=y\n")


@trap("every hook")
def _(tree: Path, arm: str) -> None:
    for hook in HOOKS:
        run_by_shell(tree / ".git" / "hooks" / hook, arm)


def _option(name: str, value: str) -> None:
    trap(f"the option {name}")(lambda tree, arm: git("config", name, value, at=tree) and None)


_option("core.worktree", "/etc")
_option("core.bare", "true")
_option("core.attributesFile", "/etc/passwd")
_option("core.excludesFile", "/dev/stdin")
_option("extensions.partialClone", "origin")
_option("init.templateDir", ".")
_option("core.repositoryFormatVersion", "99")


@trap("core.hooksPath in the tree")
def _(tree: Path, arm: str) -> None:
    for hook in ("post-index-change", "reference-transaction", "post-checkout", "pre-push", "pre-auto-gc"):
        run_by_shell(tree / "hooks" / hook, arm)
    git("config", "core.hooksPath", "hooks", at=tree)


@trap("an included file")
def _(tree: Path, arm: str) -> None:
    (tree / "evil.config").write_text(f"[core]\n\tfsmonitor = sh -c '{arm}' #\n\tsshCommand = {arm}\n")
    git("config", "include.path", "../evil.config", at=tree)
    git("config", "includeIf.gitdir:/.path", "../evil.config", at=tree)


@trap("the configuration of a worktree")
def _(tree: Path, arm: str) -> None:
    git("config", "extensions.worktreeConfig", "true", at=tree)
    (tree / ".git" / "config.worktree").write_text(f"[core]\n\tfsmonitor = sh -c '{arm}' #\n")


@trap("a configuration that cannot be read")
def _(tree: Path, arm: str) -> None:
    (tree / ".git" / "config").write_text("[core\n")


def _evil_repository(tree: Path, arm: str) -> Path:
    evil = tree / "evil"
    shutil.copytree(tree / ".git", evil)
    git("config", "core.fsmonitor", f"sh -c '{arm}' #", at=evil)
    for hook in ("post-index-change", "reference-transaction"):
        run_by_shell(evil / "hooks" / hook, arm)
    return evil


@trap(".git is a file that points elsewhere")
def _(tree: Path, arm: str) -> None:
    _evil_repository(tree, arm)
    shutil.rmtree(tree / ".git")
    (tree / ".git").write_text("gitdir: evil\n")


@trap(".git is a link")
def _(tree: Path, arm: str) -> None:
    _evil_repository(tree, arm)
    shutil.rmtree(tree / ".git")
    (tree / ".git").symlink_to("evil")


@trap(".git is a link to nowhere")
def _(tree: Path, arm: str) -> None:
    shutil.rmtree(tree / ".git")
    (tree / ".git").symlink_to("/nonexistent")


@trap("a commondir elsewhere")
def _(tree: Path, arm: str) -> None:
    _evil_repository(tree, arm)
    (tree / ".git" / "commondir").write_text("../evil\n")


@trap("a bare repository in the tree")
def _(tree: Path, arm: str) -> None:
    evil = _evil_repository(tree, arm)
    git("config", "core.bare", "true", at=evil)


@trap("a repository in the tree")
def _(tree: Path, arm: str) -> None:
    nested = tree / "nested"
    nested.mkdir()
    git("init", "--quiet", at=nested)
    (nested / "file").write_text("x")
    git("add", "--all", at=nested)
    git("commit", "--quiet", "--message", "x", at=nested)
    git("config", "core.fsmonitor", f"sh -c '{arm}' #", at=nested)
    run_by_shell(nested / ".git" / "hooks" / "post-index-change", arm)


@trap("a submodule that updates by a command")
def _(tree: Path, arm: str) -> None:
    (tree / ".gitmodules").write_text('[submodule "x"]\n\tpath = sub\n\turl = --upload-pack=touch fired\n')
    git("config", "submodule.x.update", f"!{arm}", at=tree)
    git("config", "submodule.x.url", "ext::sh -c touch% fired", at=tree)
    git("config", "submodule.recurse", "true", at=tree)
    head = git("rev-parse", "HEAD", at=tree)
    git("update-index", "--add", "--cacheinfo", f"160000,{head},sub", at=tree)


@trap("a missing object and a promise where to get it")
def _(tree: Path, arm: str) -> None:
    git("config", "extensions.partialClone", "evil", at=tree)
    git("config", "remote.evil.url", f"ext::sh -c {arm.replace(' ', '% ')}", at=tree)
    git("config", "remote.evil.promisor", "true", at=tree)
    git("config", "protocol.ext.allow", "always", at=tree)
    (tree / ".git" / "HEAD").write_text("1" * 40 + "\n")


@trap("alternates that lead elsewhere")
def _(tree: Path, arm: str) -> None:
    with (tree / ".git" / "objects" / "info" / "alternates").open("a") as file:
        file.write("/etc\n../../../../../../root/.git/objects\n")


@trap("links among the refs")
def _(tree: Path, arm: str) -> None:
    (tree / ".git" / "refs" / "heads" / "out").symlink_to("/etc/passwd")
    (tree / ".git" / "packed-refs").unlink(missing_ok=True)
    (tree / ".git" / "packed-refs").symlink_to("/etc/passwd")


@trap("an index that is a link")
def _(tree: Path, arm: str) -> None:
    (tree / ".git" / "index").unlink()
    (tree / ".git" / "index").symlink_to("/etc/passwd")


@trap("pipes where files should be")
def _(tree: Path, arm: str) -> None:
    (tree / ".git" / "info").mkdir(exist_ok=True)
    for name in ("HEAD", "index", "packed-refs", "info/exclude", "FETCH_HEAD", "ORIG_HEAD", "refs/heads/pipe"):
        path = tree / ".git" / name
        path.unlink(missing_ok=True)
        os.mkfifo(path)
    (tree / "README.md").unlink()
    os.mkfifo(tree / "README.md")


@trap("pipes where attributes should be")
def _(tree: Path, arm: str) -> None:
    os.mkfifo(tree / ".gitattributes")
    os.mkfifo(tree / ".gitignore")


@trap("an exclude file that is a link")
def _(tree: Path, arm: str) -> None:
    (tree / ".git" / "info").mkdir(exist_ok=True)
    (tree / ".git" / "info" / "exclude").symlink_to("/proc/self/mem")


@trap("attributes that ask for much")
def _(tree: Path, arm: str) -> None:
    lines = ["* text=auto eol=crlf ident export-subst", "*.md working-tree-encoding=UTF-16", "* -diff", "* merge=x"]
    (tree / ".gitattributes").write_text("\n".join([*lines, "x" * 1500 + " filter=x", ""]))


@trap("links out of the tree")
def _(tree: Path, arm: str) -> None:
    for name, target in [
        ("out", "/etc"),
        ("up", "../../.."),
        ("README.md", "/etc/passwd"),
        ("src/app.py", "/dev/zero"),
    ]:
        (tree / name).unlink(missing_ok=True)
        (tree / name).symlink_to(target)


@trap("branches with names like options")
def _(tree: Path, arm: str) -> None:
    tip = git("rev-parse", "HEAD", at=tree)
    other = git("commit-tree", "-m", "x", "HEAD^{tree}", at=tree)
    for name in ("-x", "--upload-pack=touch fired", "a b", "refs/heads/$(touch fired)", "\nupdate refs/heads/trunk"):
        path = tree / ".git" / "refs" / "heads" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{other}\n")
    (tree / ".git" / "packed-refs").write_text(f"{tip} refs/heads/--exec=touch\n{tip} refs/../../x\n")


@trap("a replaced object")
def _(tree: Path, arm: str) -> None:
    other = git("commit-tree", "-m", "x", "HEAD^{tree}", at=tree)
    git("replace", "HEAD", other, at=tree)


@trap("grafts and a shallow file")
def _(tree: Path, arm: str) -> None:
    head = git("rev-parse", "HEAD", at=tree)
    (tree / ".git" / "info").mkdir(exist_ok=True)
    (tree / ".git" / "info" / "grafts").write_text(f"{head}\n")
    (tree / ".git" / "shallow").write_text(f"{head}\n")
