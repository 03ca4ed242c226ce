# Copyright: frappeops.tenants contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scratch copy of a configuration, and the words of nginx."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.frappeops.tenants.plugins.module_utils.errors import TenantError
from ansible_collections.frappeops.tenants.plugins.module_utils.nginx import Fault, fault_in
from ansible_collections.frappeops.tenants.plugins.module_utils.nginx_publish import Publisher, marked, owner_of, place
from ansible_collections.frappeops.tenants.plugins.module_utils.nginx_tree import ConfigTree, includes


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A configuration in the way of Debian, its includes in every writing."""
    root = tmp_path / "nginx"
    for folder in ("conf.d", "sites-available", "sites-enabled", "ssl", "webroot"):
        (root / folder).mkdir(parents=True)
    (root / "nginx.conf").write_text(
        f'include modules.conf;\nhttp {{ include "{root}/conf.d/*.conf"; include sites-enabled/*;\n'
        f"    # include {root}/old/*;\n    ssl_certificate {root}/ssl/cert.pem;\n}}\n"
    )
    (root / "modules.conf").write_text("")
    (root / "conf.d" / "a.conf").write_text(f"include {root}/snippet.conf;\n")
    (root / "snippet.conf").write_text("gzip on;\n")
    (root / "ssl" / "key.pem").write_text("SECRET")
    (root / "sites-available" / "default").write_text("server {}\n")
    (root / "sites-enabled" / "default").symlink_to("../sites-available/default")
    return root


def test_every_included_file_is_found(root: Path) -> None:
    found = ConfigTree(str(root / "nginx.conf")).parsed_files()
    assert [str(path.relative_to(root)) for path in found] == [
        "nginx.conf",
        "modules.conf",
        "conf.d/a.conf",
        "sites-enabled/default",
        "snippet.conf",
    ]


def test_the_copy_reads_itself_and_copies_no_secret(root: Path, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    tree = ConfigTree(str(root / "nginx.conf"))
    candidate = {root / "sites-enabled" / "acme.conf": "server { }\n"}
    copy = ConfigTree(tree.copy(scratch, candidate))

    names = [str(path) for path in copy.parsed_files()]
    assert all(name.startswith(str(scratch)) for name in names)
    assert f"{scratch}/sites-enabled/acme.conf" in names and f"{scratch}/sites-enabled/default" in names
    assert f"ssl_certificate {root}/ssl/cert.pem;" in (scratch / "nginx.conf").read_text(), (
        "certificates stay where they are"
    )
    copied = [path for path in scratch.rglob("*") if path.is_file() and not path.is_symlink()]
    assert all("SECRET" not in path.read_text() for path in copied)
    assert os.readlink(scratch / "ssl") == str(root / "ssl")
    assert (
        tree.live_name(f"x in {scratch}/sites-enabled/acme.conf:3", scratch) == f"x in {root}/sites-enabled/acme.conf:3"
    )


def test_includes_that_go_round_end(root: Path) -> None:
    (root / "snippet.conf").write_text(f"include {root}/nginx.conf;\n")
    assert len(ConfigTree(str(root / "nginx.conf")).parsed_files()) == 5


PATHS = st.from_regex(r"/[a-z0-9_./*-]{1,30}", fullmatch=True)


@given(
    st.lists(st.tuples(PATHS, st.sampled_from(["{}", '"{}"', "'{}'"]), st.sampled_from(["", " ", "\n\t"])), max_size=5),
    st.sampled_from(["", "events {}", "gzip on;"]),
)
def test_every_include_is_seen(parts: list[tuple[str, str, str]], between: str) -> None:
    text = "".join(f"{between}{space}include {style.format(path)}{space};" for path, style, space in parts)
    assert includes(text) == [path for path, _style, _space in parts]


@given(st.text())
def test_any_text_can_be_searched(text: str) -> None:
    assert isinstance(includes(text), list)


@pytest.mark.parametrize(
    ("output", "fault"),
    [
        (
            'nginx: [emerg] unknown directive "x" in /etc/nginx/sites-enabled/a.conf:7\n'
            "nginx: configuration file /etc/nginx/nginx.conf test failed\n",
            Fault('unknown directive "x"', "/etc/nginx/sites-enabled/a.conf", 7),
        ),
        (
            '2026/11/23 20:59:11 [emerg] 12111#12111: unknown directive "x" in /etc/nginx/a.conf:2\nnginx: ... failed\n',
            Fault('unknown directive "x"', "/etc/nginx/a.conf", 2),
        ),
        (
            'nginx: [warn] conflicting server name "a" on 0.0.0.0:80, ignored\n'
            'nginx: [emerg] cannot load certificate "/x.pem": BIO_new_file() failed\n',
            Fault('cannot load certificate "/x.pem": BIO_new_file() failed', "", 0),
        ),
        ("", Fault("nginx gave no reason", "", 0)),
    ],
)
def test_the_words_of_nginx(output: str, fault: Fault) -> None:
    assert fault_in(output) == fault


def test_the_mark_names_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "a.conf"
    file.write_text(marked("server {}", "4f1c"))
    assert owner_of(file) == "4f1c"
    assert file.read_text().endswith("\nserver {}\n")
    file.write_text(f"\n{marked('server {}', '4f1c')}")
    assert owner_of(file) == "", "the mark counts in the first line only"
    assert owner_of(tmp_path / "none") == ""


@pytest.mark.parametrize("owner", ["", "a b", "a\nserver {}", "../x", "-x", "x" * 81])
def test_an_owner_cannot_end_the_mark(owner: str) -> None:
    with pytest.raises(TenantError, match="is no owner"):
        Publisher(None, owner, False)  # type: ignore[arg-type]


@given(st.text(max_size=40))
def test_a_placement_never_leaves_its_folders(name: str) -> None:
    try:
        placement = place(name, "/etc/nginx/sites-available", "/etc/nginx/sites-enabled")
    except TenantError:
        return
    assert os.path.dirname(os.path.normpath(placement.file)) == "/etc/nginx/sites-available"
    assert os.path.dirname(os.path.normpath(placement.read)) == "/etc/nginx/sites-enabled"
    assert not name.startswith(".")
