"""`nasdsl fmt`: what it writes, prints and returns."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UGLY = "choice c=relu|tanh   # two\n"
FINE = "choice c = relu | tanh  # two\n"
BROKEN = "choice c = (relu\n"


def fmt(*arguments: str, cwd: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from nasdsl.cli.main import main; main()"
    return subprocess.run([sys.executable, "-c", code, "fmt", *arguments], capture_output=True, input=stdin, cwd=cwd)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / ".hidden").mkdir()
    for name in ("a.nas", "deep/er/b.nas", ".hidden/c.nas", "notes.txt"):
        (tmp_path / name).write_text(UGLY)
    (tmp_path / "fine.nas").write_text(FINE)
    return tmp_path


def test_in_place(folder: Path) -> None:
    os.utime(folder / "fine.nas", (1, 1))
    run = fmt(cwd=folder)
    assert (run.returncode, run.stdout, run.stderr) == (0, b"a.nas\ndeep/er/b.nas\n", b"")
    assert (folder / "a.nas").read_text() == (folder / "deep/er/b.nas").read_text() == FINE
    assert (folder / ".hidden/c.nas").read_text() == (folder / "notes.txt").read_text() == UGLY
    assert (folder / "fine.nas").stat().st_mtime == 1  # what is fine is not written again
    again = fmt(cwd=folder)
    assert (again.returncode, again.stdout) == (0, b"")


def test_paths(folder: Path) -> None:
    run = fmt("deep", "notes.txt", "deep/er/b.nas", cwd=folder)
    assert run.stdout == b"deep/er/b.nas\nnotes.txt\n"
    assert (folder / "a.nas").read_text() == UGLY


def test_check(folder: Path) -> None:
    run = fmt("--check", cwd=folder)
    assert (run.returncode, run.stdout) == (1, b"a.nas\ndeep/er/b.nas\n")
    assert (folder / "a.nas").read_text() == UGLY
    assert fmt("--check", "fine.nas", cwd=folder).returncode == 0


def test_diff(folder: Path) -> None:
    run = fmt("--diff", "a.nas", cwd=folder)
    assert run.returncode == 1
    assert run.stdout.decode().splitlines()[2:] == ["@@ -1 +1 @@", f"-{UGLY.rstrip()}", f"+{FINE.rstrip()}"]
    assert (folder / "a.nas").read_text() == UGLY
    (folder / "a.nas").write_text(FINE.rstrip())
    assert b"\\ No newline at end of file\n+" in fmt("--diff", "a.nas", cwd=folder).stdout
    assert fmt("--diff", "fine.nas", cwd=folder).returncode == 0


def test_standard_input(tmp_path: Path) -> None:
    run = fmt("-", cwd=tmp_path, stdin=UGLY.encode())
    assert (run.returncode, run.stdout) == (0, FINE.encode())
    assert fmt("-", cwd=tmp_path, stdin=FINE.encode()).stdout == FINE.encode()
    check = fmt("-", "--check", cwd=tmp_path, stdin=UGLY.encode())
    assert (check.returncode, check.stdout) == (1, b"<stdin>\n")
    assert fmt("-", "--check", cwd=tmp_path, stdin=FINE.encode()).returncode == 0
    assert fmt("-", "--diff", cwd=tmp_path, stdin=UGLY.encode()).stdout.startswith(b"--- <stdin>\n")


def test_line_ends_of_windows(tmp_path: Path) -> None:
    (tmp_path / "a.nas").write_bytes(FINE.encode().replace(b"\n", b"\r\n"))
    assert fmt(cwd=tmp_path).stdout == b"a.nas\n"
    assert (tmp_path / "a.nas").read_bytes() == FINE.encode()


def test_what_does_not_parse_stays(folder: Path) -> None:
    (folder / "0.nas").write_text(BROKEN)
    (folder / "1.nas").write_bytes(b"\xff")
    run = fmt(cwd=folder)
    assert run.returncode == 1
    assert b"NAS102" in run.stderr
    assert b"0.nas:1:12" in run.stderr
    assert b"NAS106" in run.stderr
    assert b"Traceback" not in run.stderr
    assert (folder / "0.nas").read_text() == BROKEN
    assert (folder / "a.nas").read_text() == FINE  # the others are done
    assert fmt("-", cwd=folder, stdin=BROKEN.encode()).stdout == b""


@pytest.mark.parametrize(
    ("arguments", "stdin", "status", "code"),
    [
        (["nowhere.nas"], b"", 1, "NAS209"),
        (["-", "a.nas"], b"", 2, "NAS601"),
        (["-"], b"\xff", 1, "NAS106"),
        (["-"], BROKEN.encode(), 1, "NAS102"),
    ],
)
def test_wrong_input(arguments: list[str], stdin: bytes, status: int, code: str, folder: Path) -> None:
    run = fmt(*arguments, cwd=folder, stdin=stdin)
    assert run.returncode == status
    assert code in run.stderr.decode()
    assert b"Traceback" not in run.stderr


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real.nas", tmp_path / "link.nas"
    real.write_text(UGLY)
    real.chmod(0o640)
    link.symlink_to(real)
    assert fmt("link.nas", "real.nas", cwd=tmp_path).stdout == b"link.nas\n"
    assert link.is_symlink()
    assert real.read_text() == FINE
    assert real.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.nas", "real.nas"]


def test_starts_without_torch() -> None:
    code = (
        "import sys; from nasdsl.cli import main; sys.argv = ['nasdsl', 'fmt', '--check', 'spaces']\n"
        "try: main.main()\n"
        "except SystemExit as stop: assert not stop.code\n"
        "print(sorted({'torch', 'networkx', 'numpy'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert (run.stdout, run.stderr) == ("[]\n", "")
