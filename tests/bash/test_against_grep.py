"""grep prints what GNU's prints: each line runs in the real one and in ours."""

from __future__ import annotations

import pytest

from tests.bash.coreutils import Tree
from tests.real import real

LINES = r"""
grep web pods
grep -n web pods
grep -v web pods
grep -c web pods numbers
grep -i WEB pods
grep -iv WEB pods
grep -o 'web-[0-9]' pods
grep -no 'e' pods
grep -w 9 numbers
grep -x 9 numbers
grep -xv 9 numbers
grep -F . pods
grep -F -e 1/1 -e 3d pods
grep -A1 web-1 pods
grep -B1 -n db pods
grep -C1 Pending pods
grep -1 Pending pods
grep -n2 quick long lines
grep -A0 9 numbers
grep -A1 --no-group-separator 9 numbers
grep -A1 --group-separator=XX 10 numbers
grep -m1 web pods
grep -m1 -A1 web pods
grep -m2 -c line lines
grep -m0 line lines
grep -l web pods numbers nofile
grep -L web pods numbers
grep -L web pods
grep -q web pods
grep -q web nofile pods
grep -q nosuch pods
grep -s web nofile
grep -sc web nofile pods
grep web nofile pods
grep web dir
grep -c web dir pods
grep -d skip web dir pods
grep -r name dir
grep -rn name dir pods
grep -rl e dir | sort
grep -rc leaf dir | sort
grep -rh leaf dir
grep -r --include='*.yaml' e dir
grep -r --exclude='*.yaml' e dir
grep -r --exclude-dir=deep e dir
grep -rL e dir | sort
grep -e web -e db pods
grep -e web pods -e db
grep -f words pods
printf 'web\ndb\n' | grep -f /dev/stdin pods
grep -E 'web|db' pods
grep 'web\|db' pods
grep -E '^(web|db)-[0-9]+' pods
grep '^\(web\|db\)-[0-9]\+' pods
grep -E '[0-9]{2,}' pods
grep '[0-9]\{2,\}' pods
grep -E 'a{,2}' dups
grep -E '(a|b)?c' dups
grep 'a\?c' dups
grep -E 'x{100}' long
grep -c '' blanks
grep -n '^$' blanks
grep -vn '^$' blanks
grep '^[[:space:]]*$' blanks
grep '[[:upper:]]' pods
grep -o '[[:digit:]]*' pods
grep '[^[:alnum:][:space:]]' pods
grep '[]x]' pods
grep '[^]x]' numbers
grep '[a-c-]' dups
grep '\bweb\b' pods
grep '\<d' pods
grep 'g\>' pods
grep -o '\w*' pods
grep '\W' numbers
grep '\s' words
grep '*' pods
grep 'a*' dups
grep '\*' pods
grep -E 'a|' dups
grep 'r$' long
grep -E '(^|x)w' pods
grep 'a\{1' pods
grep 'a\{1,x\}' pods
grep -E 'a{2,1}' pods
grep '[z-a]' pods
grep '[[:foo:]]' pods
grep '[:space:]' pods
grep '[' pods
grep 'a[b' pods
grep '\(' pods
grep '\)' pods
grep -E '(' pods
grep -E ')' pods
grep 'web\' pods
grep -E '*b' pods
grep -E '+b' pods
grep -E '{' pods
grep -E 'a{x' pods
grep -A x web pods
grep -C x web pods
grep -m x web pods
grep -Q web pods
grep --nosuch web pods
grep -E -F web pods
grep
grep -e
grep -b web pods
grep -bo b pods
grep -H web pods
grep -h web pods dups
grep -nH web pods
grep -T web pods
grep -Tn web pods
grep -TH web pods
grep -TnH web pods
grep -Z -l web pods dups
grep -cZ web pods
grep -z web pods
grep -zo 'web-1.*' pods
grep --color=always web pods
grep --color=always -n web pods dups
grep --color=always -A1 -n web-1 pods
grep --color=always -o b pods
grep --color=always -c b pods dups
grep --color=always -l b pods dups
grep --color=always -v web pods
grep --color=always -i WEB pods
grep --color=always -w 9 numbers
grep --color=always '' dups
grep --color=auto web pods
grep --color=never web pods
grep --colour web pods
grep -ow web pods
grep -wn Running pods
grep -wv Running pods
grep -P '\d{3}' numbers
grep -oP '\d+(?=/1)' pods
grep -oP '(?<=web-)\d' pods
grep -oP 'web-\K\d' pods
grep -oP 'R\w+?n' pods
grep -P '^\S+\s+0/1' pods
grep -oP '[^ ]+$' pods
grep -on 'o' accents
grep 'caf.' accents
grep -o 'na.ve' accents
grep -o '.本' accents
grep ✓ accents
grep -bo done accents
cat pods | grep -c web
cat pods | grep -H web
cat pods | grep --label=stdin -H web
cat pods | grep web - dups
cat pods | grep -n db | grep -o 1
grep -ce web pods
grep -vc web pods
grep -vo web pods
grep -lv web pods dups
grep -e '' pods
grep -F '' numbers
grep -i 'É' accents
grep -Eo '[0-9]+(m|h|d)$' pods
grep -Ev '^(NAME|db)' pods
grep --line-buffered web pods
grep --max-count=1 --line-number web pods
grep --only-matching --ignore-case RUN pods
grep --regexp=web --invert-match pods
grep -y WEB pods
grep -a web pods
grep -E -o 'line (1|2)[0-9]?' lines
grep -- -3 numbers
grep -e -3 numbers
egrep 'web|db' pods
fgrep -c . pods
grep noend with\ space
grep without noend
grep -c . noend empty
""".strip().split("\n")


@pytest.mark.parametrize("line", LINES)
def test_grep_prints_what_gnu_s_prints(both: Tree, line: str) -> None:
    real("grep")
    wanted = both.real(line)
    if "\nTry 'grep --help'" not in wanted.err:
        assert both.ours(line) == wanted
    else:
        assert both.ours(line).err.split("\n")[0] == wanted.err.split("\n")[0]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (r"grep '\(a\)\1' pods", "grep: back-references are not supported in this simulator\n"),
        ("grep -P '(?!a)b' pods", "grep: this look-around is not supported in this simulator\n"),
        (r"grep -P '(a)\1' pods", "grep: back-references are not supported in this simulator\n"),
    ],
)
def test_what_a_linear_engine_cannot_match_is_refused_in_a_line(
    both: Tree, line: str, told: str
) -> None:
    done = both.ours(line)
    assert (done.out, done.err, done.code) == ("", told, 2)
