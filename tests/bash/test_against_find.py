"""find prints what GNU's prints (sorted: a real directory has no order)."""

from __future__ import annotations

import pytest

from tests.bash.coreutils import Tree
from tests.real import real

LINES = r"""
find . | sort
find | sort
find dir | sort
find dir/ | sort
find dir pods | sort
find . -name '*.yaml' | sort
find . -iname 'PODS' | sort
find . -name 'f*' -type f | sort
find . -path './dir/*' | sort
find . -ipath '*DEEP*' | sort
find . -type d | sort
find . -type f,d -maxdepth 1 | sort
find . -maxdepth 1 -type f | sort
find . -mindepth 2 | sort
find . -mindepth 1 -maxdepth 1 -type d | sort
find . -maxdepth 0
find . -empty | sort
find . -empty -type f | sort
find . -size 0 | sort
find . -size +100c -type f | sort
find . -size -2 -type f | sort
find . -size 1k -type f | sort
find . -not -name '*s' -type f | sort
find . ! -name '*s' -type f | sort
find . -name 'p*' -o -name 'd*' | sort
find . '(' -name 'p*' -o -name 'd*' ')' -type f | sort
find . -name 'p*' -a -type f | sort
find . -name dir -prune -o -type f -print | sort
find . -path ./dir -prune -o -print | sort
find . -name '*.yaml' -print0 | tr '\0' '@'
find dir -name '*.yaml' -exec cat {} \;
find dir -name '*.yaml' -exec echo got {} there \;
find dir -type f -exec echo {} + | tr ' ' '\n' | sort
find dir -type f -exec grep -l name {} +
find dir -type f -exec grep -q name {} \; -print
find dir -type f -exec sh -c 'echo "<$1>"' _ {} \; | sort
find dir -type f | xargs grep -l kind
find . -perm 644 -type f | sort
find . -perm -200 -type f | sort
find . -perm /111 -type f | sort
find . -mindepth 1 -perm 755 -type d | sort
find . -mtime -1 -type f -newer pods | sort
find . -newer nofile
find . -regex '.*/p.*' | sort
find . -regextype posix-extended -regex '.*/(pods|left)' | sort
find . -regex '.*/\(pods\|left\)' | sort
find . -iregex '.*YAML' | sort
find dir -depth -name '*' | sort
find dir -delete; ls
find . -name '*.yaml' -delete; find dir | sort
find dir -name deep -delete; find dir | sort
find dir -type f -printf '%p %f %h %P %s %d %y %m\n' | sort
find dir -printf '%M %n\n' | sort | uniq -c | wc -l
find pods -printf '%TY-%Tm-%Td %TH:%TM %t\n'
find pods -printf '%-10f|%10s|\n'
find pods -printf '%T@ %p\t\\\n'
find . -name 'pods' -quit
find dir -type f -quit
find nofile
find pods nofile left
find . -name
find . -type q
find . -size x
find . -size 1q
find . -maxdepth x
find . -exec echo
find . -exec echo {}
find . -exec echo {} x +
find . -name x -o
find . '(' -name x
find . -perm 9
find . -mtime x
find . -not
find . -a -name x
find . -nosuch
find . -name x y
find dir -exec nosuch {} \;
find dir -exec false {} +
find dir -true , -false
find -L dir -type f | sort
find -O2 dir -maxdepth 0
find . -user nobody
find . -links 1 -name pods
find with\ space -name '*space'
""".strip().split("\n")


@pytest.mark.parametrize("line", LINES)
def test_find_prints_what_gnu_s_prints(both: Tree, line: str) -> None:
    real("find")
    assert both.ours(line) == both.real(line)


def test_ages_count_by_the_clock_of_the_place(both: Tree) -> None:
    home = "/home/oncall"
    both.files.set_mtime(f"{home}/pods", both.files.clock() - 90 * 60_000)
    both.files.set_mtime(f"{home}/left", both.files.clock() - 3 * 86_400_000)
    asked = ["-mmin -95 -mmin +80", "-mtime +2", "-mtime 3", "-mmin 90"]
    found = [both.ours(f"find . -type f {one}").out for one in asked]
    assert found == ["./pods\n", "./left\n", "./left\n", "./pods\n"]


def test_ls_shows_mode_owner_size_and_time(both: Tree) -> None:
    line = both.ours("find dir/inner.yaml -ls").out
    assert line.split()[2:] == (
        ["-rw-r--r--", "1", "root", "root", "30", "Nov", "20", "02:47", "dir/inner.yaml"]
    )
