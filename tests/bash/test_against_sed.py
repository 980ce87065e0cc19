"""sed prints what GNU's prints: each script runs in the real one and in ours."""

from __future__ import annotations

import pytest

from tests.bash.coreutils import Tree
from tests.real import real

LINES = r"""
sed -n 2p pods
sed -n '1,2p' pods
sed 1d pods
sed '$d' pods
sed -n '$p' pods dups
sed 's/o/0/g' pods
sed 's/\(.*\) .*/\1/' pods
sed '/web/d' pods
sed -n '/web-2/,$p' pods
sed '/Pending/!d' pods
sed 2q pods
sed '2q 5' pods
sed 2Q pods
sed '2Q5' pods
sed -n '/db/=' pods
sed 's/WEB/x/I' pods
sed 's/ .*//' pods
sed -n 's/web-\(.\).*/\1/p' pods
sed '2,$s/1/N/' pods
sed 's/\t/ /g' tabs
sed 's/x*/-/g' numbers
sed 's/b*/X/2' dups
sed 's/a*/x/g' dups
sed = numbers
sed 's/$/;/' numbers
sed 's/^/> /' numbers
sed 's/[0-9]/<&>/2' numbers
sed 's/[0-9]/<&>/2g' numbers
sed 's/\w\+/\u&/g' pods
sed 's/\w\+/\U&/2' pods
sed 's/\(\w*\)-\(.\)/\U\1\E-\l\2/' pods
sed -E 's/^(\S+) (\S+)/\2 \1/' pods
sed -r 's/([a-z]+)-([0-9])/\2\n\1/' pods
sed 's/a/b/;s/b/c/;s/c/d/' dups
sed -e 's/a/b/' -e 's/b/c/' dups
sed 's|/|\||g' pods
sed 's,1/1,\,,' pods
sed 's/\./\//' numbers
sed 's/1\/1/one/' pods
sed 's.1/1.\..' pods
sed 's/a\|b/[&]/' dups
sed -E 's/a|b/[&]/' dups
sed 's/web/a\
b/' pods
sed 's/web/a\nb\tc/' pods
sed 's/web/\x41\o102\d067/' pods
sed 's/\x77eb/z/' pods
sed 'N;s/\n/+/' numbers
sed '$!N;s/\n/ /' numbers
sed 'N;N;s/\n/,/g' lines
sed ':a;N;$!ba;s/\n/,/g' numbers
sed -n 'H;${x;s/\n/,/g;p}' numbers
sed G numbers
sed -n '1!G;h;$p' numbers
sed 'n;d' numbers
sed -n 'n;p' numbers
sed '$!N;P;D' dups
sed '$!N;/^\(.*\)b$/!P;D' dups
sed '/^$/N;/\n$/D' blanks
sed '/^$/d' blanks
sed 'x;p;x' numbers
sed -n 'x;p' numbers
sed '1~2d' lines
sed '0~3!d' lines
sed -n '2,+2p' lines
sed -n '5,~4p' lines
sed -n '8,~4p' lines
sed -n '/line 3/,+1p' lines
sed -n '0,/line/p' lines
sed -n '1,/line/p' lines
sed -n '/line 2/,/line 4/p' lines
sed -n '/5/,3p' lines
sed '3,5!d' lines
sed -n '5,2p' lines
sed '2,4{s/line/LINE/;s/$/!/}' lines
sed -n '/web/{s/ .*//;p}' pods
sed -n '/web/{/1/{p;p};=}' pods
sed '/web/{
s/web/x/
n
d
}' pods
sed 'y/abc/xyz/' dups
sed 'y/a\/b/1\n2/' dups
sed 'a foo' dups
sed '2a foo' numbers
sed '$a\end' numbers
sed '2i\  indented' numbers
sed '2i before' numbers
sed '2c changed' numbers
sed '2,4c changed' numbers
sed '2!c changed' numbers
sed '$!{2,4c changed
}' numbers
sed 'a\
one\
two' numbers
sed '1a hello\nworld' numbers
sed '1a\  keep\tx' numbers
sed '/9/a x' -e p numbers
sed -e 'a\' -e foo numbers
sed '1{a foo
}' numbers
sed 'r noend' numbers
sed '2r dups' numbers
sed '$r nofile' numbers
sed R\ dups numbers
sed -n 'w out' numbers; cat out
sed 's/9/nine/w out' numbers; cat out
sed -n '/web/w /dev/stdout' pods
sed -n 'P;W out' numbers; cat out
sed -n l tabs
sed -n l accents
sed -n l long
sed -n 'l 20' long
sed -l 30 -n l long
sed -n 'l 0' long
sed F numbers
sed -n '$=' pods dups
sed -n '$=' pods nofile dups
sed z numbers
sed 's/.*/x/;ta;s/x/y/;:a' numbers
sed 's/9/nine/;tdone;s/$/ no/;:done' numbers
sed 's/9/nine/;T;s/$/ yes/' numbers
sed ':a;s/^\(x*\)0/\1x/;ta' numbers
sed -E ':a;s/^([0-9]+)([0-9]{3})/\1,\2/;ta' numbers
sed -n '/web/{b};p' pods
sed -n '/web/b;p' pods
sed 'b end;s/1/X/;:end' pods
sed '//d' pods
sed '/web/s//db/' pods
sed -n '/web/{//p}' pods
sed '/1/I,/4/Ip' lines
sed -n '\,1/1,p' pods
sed -n '\|web|p' pods
sed -n '/[/]/p' pods
sed 's/[/]/x/' pods
sed 's/[[:digit:]]\+/N/g' pods
sed 's/[^ ]* *//2' pods
sed -s -n '$p' pods dups
sed -s 1d numbers dups
sed -n -s '1p;$p' pods dups
sed -z 's/\n/,/g' numbers
sed -z '$!d' numbers
sed -n '$p' noend
sed p noend
sed '$a foo' noend
sed p noend numbers
sed -i 's/9/X/' numbers; cat numbers
sed -i.bak 's/9/X/' numbers; cat numbers numbers.bak
sed -i -e '1d' -e '$d' numbers dups; cat numbers dups
sed -n -i 2p numbers; cat numbers
sed -i '2q' numbers; cat numbers
sed --in-place=.orig d dups; cat dups dups.orig
sed -ibak_* 1d dups; cat bak_dups
sed --expression=1d --quiet -e p numbers
sed --regexp-extended 's/(9)/<\1>/' numbers
sed -f script numbers
printf 's/9/X/\n# comment\n2d\n' > script; sed -f script numbers
printf '#n\n2p\n' > script; sed -f script numbers
printf 's/9/X\n2d\n' > script; sed -f script numbers
sed '#n' numbers
cat numbers | sed 2d
cat numbers | sed -n '$p' - dups
printf 'a\nb' | sed 's/b/c/'
sed 's/café/x/;s/本/book/' accents
sed 's/./X/3' accents
sed 'y/é本/e5/' accents
sed 's/ï/\U&/' accents
sed 's/^.*$/"&"/' words
sed "s/'/\"/g" words
sed '/^  *$/d;s/^ *//' blanks
sed 's/a/b/gp' dups
sed -n 's/a/b/2p' dups
sed 's/A/x/i' dups
sed 'N;N;s/^9$/X/M' numbers
sed 'N;N;s/^./X/Mg' numbers
sed 'N;N;s/\`./X/Mg' numbers
sed -n '/9/{p;q}' numbers
sed '1!G;$!h;$!d' numbers
sed '$!d' numbers
sed -n '3{p;q}' lines
sed '1d;$d' numbers
sed -E 's/(a|ab)(c|bcd)?/[\1][\2]/' words
sed 's/\(a\)\|b/[\1]/g' dups
sed 's/a' dups
sed 's/a/b' dups
sed 's/a/b/k' dups
sed 's/a/b/gg' dups
sed 's/a/b/pp' dups
sed 's/a/b/2 3' dups
sed 's/a/b/0' dups
sed 'y/a/bc/' dups
sed 'y/ab' dups
sed k dups
sed 'p x' dups
sed 1,p dups
sed /a dups
sed '{p' dups
sed 'p}' dups
sed 'b foo' dups
sed : dups
sed '1!!p' dups
sed 0p dups
sed 0,5p dups
sed +3p dups
sed a dups
sed i dups
sed r dups
sed w dups
sed 's/\(a/b/' dups
sed 's/a\)/b/' dups
sed -E 's/a)/b/' dups
sed -E 's/(a/b/' dups
sed 's/a/\1/' dups
sed 's/[a/b/' dups
sed 's/a\{1/b/' dups
sed -E 's/+/b/' dups
sed -E 's/a{2,1}/b/' dups
sed 's/[z-a]/b/' dups
sed q5x dups
sed '}' dups
sed '{' dups
sed 'p;k' dups
sed -e p -e k dups
sed 'd d' dups
sed dp dups
sed '1;p' dups
sed ,p dups
sed '1,2q' dups
sed '$$p' dups
sed 's/x\/y/' dups
sed 's' dups
sed 's/a/b/w' dups
sed '/x/,/y' dups
sed p nofile
sed p nofile dups
sed p dir
sed -i p dir
sed -i p
sed -f nofile dups
sed '//p' dups
sed 's/\(a\)\2/b/' dups
sed -n '/a/,/b/{/a/n;/b/!p}' dups
sed '/^web/!s/^/#/' pods
sed 's/\s\+$//;s/\s\+/ /g' blanks
sed -n '/^$/!{p}' blanks
sed 's/\([^:]*\):\(.*\)/\2:\1/' dir/inner.yaml
sed 's/^\( *\)name:.*/\1name: y/' dir/inner.yaml
sed 's/;/\n/g' words
sed -n '/NAME/,/web-2/{//!p}' pods
""".strip()


def _lines(text: str) -> list[str]:
    """Return the command lines: one goes on while a quote is open."""
    lines: list[str] = []
    for line in text.split("\n"):
        if lines and lines[-1].count("'") % 2 and not lines[-1].startswith('sed "'):
            lines[-1] += "\n" + line
        else:
            lines.append(line)
    return lines


CASES = _lines(LINES)


@pytest.mark.parametrize("line", CASES)
def test_sed_prints_what_gnu_s_prints(both: Tree, line: str) -> None:
    real("sed")
    assert both.ours(line) == both.real(line)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            r"sed 's/\(.\)\1/x/' pods",
            "char 12: back-references are not supported in this simulator",
        ),
        ("sed 'e ls' pods", "char 1: `e' is not supported in this simulator"),
        ("sed 's/a/b/e' pods", "char 7: `e' is not supported in this simulator"),
    ],
)
def test_what_sed_here_cannot_is_refused_in_a_line(both: Tree, line: str, told: str) -> None:
    assert both.ours(line) == ("", f"sed: -e expression #1, {told}\n", 1)


@pytest.mark.parametrize("script", [":a;ba", ":a;H;G;ba", ":a;s/^/xx/;ta", "N;D", ":a;s/.*/&&/;ba"])
def test_a_script_without_end_is_stopped(both: Tree, script: str) -> None:
    done = both.ours(f"yes | sed -n '{script}'")
    assert done.code != 0
