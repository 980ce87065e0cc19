"""Text tools print what GNU's do: every row was made by running the same line in a real bash."""

from __future__ import annotations

import pytest

from tests.bash.place import HOME, Place

FILES = {
    "numbers": "10\n9\n100\n9\n",
    "mixed": "a:b:c\nno delim\n\nTab\there  two\nZeta 1K\nalpha 2M\nBeta 10\n",
}


@pytest.mark.parametrize(
    ("line", "output", "code"),
    [
        ("grep -n web pods.txt", "1:web-1 Running 0 node-a\n2:web-2 Pending 3 node-b\n", 0),
        ("grep -v web pods.txt", "db-0 Running 12 node-a\n", 0),
        ("grep -c web pods.txt numbers", "pods.txt:2\nnumbers:0\n", 0),
        ("grep -i WEB pods.txt", "web-1 Running 0 node-a\nweb-2 Pending 3 node-b\n", 0),
        ("grep -o 'node-[ab]' pods.txt", "node-a\nnode-b\nnode-a\n", 0),
        ("grep -w 9 numbers", "9\n9\n", 0),
        ("grep -x 9 numbers", "9\n9\n", 0),
        ("grep -F '.' pods.txt; echo $?", "1\n", 0),
        ("grep -A1 -n web-1 pods.txt", "1:web-1 Running 0 node-a\n2-web-2 Pending 3 node-b\n", 0),
        ("grep -B1 db pods.txt", "web-2 Pending 3 node-b\ndb-0 Running 12 node-a\n", 0),
        ("grep -C1 web-2 pods.txt", "web-1 Running 0 node-a\nweb-2 Pending 3 node-b\ndb-0 Running 12 node-a\n", 0),
        ("grep -m1 web pods.txt", "web-1 Running 0 node-a\n", 0),
        ("grep -l web pods.txt numbers", "pods.txt\n", 0),
        ("grep -q web pods.txt; echo $?", "0\n", 0),
        ("grep 'a\\+' mixed", "a:b:c\nTab\there  two\nZeta 1K\nalpha 2M\nBeta 10\n", 0),
        ("grep '[0-9]\\{2,\\}' pods.txt", "db-0 Running 12 node-a\n", 0),
        ("grep -H web pods.txt", "pods.txt:web-1 Running 0 node-a\npods.txt:web-2 Pending 3 node-b\n", 0),
        ("grep -A1 -c 9 numbers", "2\n", 0),
        ("grep -A0 9 numbers", "9\n--\n9\n", 0),
        ("grep -1 Pending pods.txt", "web-1 Running 0 node-a\nweb-2 Pending 3 node-b\ndb-0 Running 12 node-a\n", 0),
        ("grep '' numbers", "10\n9\n100\n9\n", 0),
        ("grep -P '\\d{3}' numbers", "100\n", 0),
        ("grep -vc 9 numbers", "2\n", 0),
        ("grep '^$' mixed", "\n", 0),
        ("grep '*' mixed", "", 1),
        ("grep 'a*' mixed", "a:b:c\nno delim\n\nTab\there  two\nZeta 1K\nalpha 2M\nBeta 10\n", 0),
        ("grep -ow web pods.txt", "web\nweb\n", 0),
        ("grep -E 'a|' mixed", "a:b:c\nno delim\n\nTab\there  two\nZeta 1K\nalpha 2M\nBeta 10\n", 0),
        ("sort numbers", "10\n100\n9\n9\n", 0),
        ("sort -n numbers", "9\n9\n10\n100\n", 0),
        ("sort -rn numbers", "100\n10\n9\n9\n", 0),
        ("sort -u numbers", "10\n100\n9\n", 0),
        ("sort -nu numbers", "9\n10\n100\n", 0),
        ("sort -k3 -n pods.txt", "web-1 Running 0 node-a\nweb-2 Pending 3 node-b\ndb-0 Running 12 node-a\n", 0),
        ("sort -k3n pods.txt", "web-1 Running 0 node-a\nweb-2 Pending 3 node-b\ndb-0 Running 12 node-a\n", 0),
        ("sort -t- -k2 pods.txt", "db-0 Running 12 node-a\nweb-1 Running 0 node-a\nweb-2 Pending 3 node-b\n", 0),
        ("sort -f mixed", "\na:b:c\nalpha 2M\nBeta 10\nno delim\nTab\there  two\nZeta 1K\n", 0),
        ("sort mixed", "\nBeta 10\nTab\there  two\nZeta 1K\na:b:c\nalpha 2M\nno delim\n", 0),
        ("sort -k2 -h mixed", "\nTab\there  two\na:b:c\nno delim\nBeta 10\nZeta 1K\nalpha 2M\n", 0),
        ("sort -r mixed", "no delim\nalpha 2M\na:b:c\nZeta 1K\nTab\there  two\nBeta 10\n\n", 0),
        ("sort -t: -k2,2 mixed", "\nBeta 10\nTab\there  two\nZeta 1K\nalpha 2M\nno delim\na:b:c\n", 0),
        ("sort -V numbers", "9\n9\n10\n100\n", 0),
        ("sort -k4,4 -s pods.txt", "web-1 Running 0 node-a\ndb-0 Running 12 node-a\nweb-2 Pending 3 node-b\n", 0),
        ("sort -k4,4 pods.txt", "db-0 Running 12 node-a\nweb-1 Running 0 node-a\nweb-2 Pending 3 node-b\n", 0),
        ("uniq numbers", "10\n9\n100\n9\n", 0),
        ("sort numbers | uniq -c", "      1 10\n      1 100\n      2 9\n", 0),
        ("sort numbers | uniq -d", "9\n", 0),
        ("sort numbers | uniq -u", "10\n100\n", 0),
        ("sort numbers | uniq -c | sort -rn | head -1", "      2 9\n", 0),
        ("head -2 numbers", "10\n9\n", 0),
        ("head -n -1 numbers", "10\n9\n100\n", 0),
        ("head -c 5 numbers", "10\n9\n", 0),
        ("tail -1 numbers", "9\n", 0),
        ("tail -n 2 numbers", "100\n9\n", 0),
        ("tail -n +3 numbers", "100\n9\n", 0),
        ("tail -c 4 numbers", "0\n9\n", 0),
        ("wc numbers", " 4  4 11 numbers\n", 0),
        ("wc -l numbers", "4 numbers\n", 0),
        ("wc -l numbers pods.txt", " 4 numbers\n 3 pods.txt\n 7 total\n", 0),
        ("wc -w < pods.txt", "12\n", 0),
        ("cat pods.txt | wc", "      3      12      69\n", 0),
        ("cat pods.txt | wc -l -c", "      3      69\n", 0),
        ("wc -c pods.txt", "69 pods.txt\n", 0),
        ("cut -d' ' -f1 pods.txt", "web-1\nweb-2\ndb-0\n", 0),
        ("cut -d' ' -f2,4 pods.txt", "Running node-a\nPending node-b\nRunning node-a\n", 0),
        ("cut -d' ' -f2- pods.txt", "Running 0 node-a\nPending 3 node-b\nRunning 12 node-a\n", 0),
        ("cut -c1-5 pods.txt", "web-1\nweb-2\ndb-0 \n", 0),
        ("cut -d: -f2 mixed", "b\nno delim\n\nTab\there  two\nZeta 1K\nalpha 2M\nBeta 10\n", 0),
        ("cut -s -d: -f2 mixed", "b\n", 0),
        ("cut -d' ' -f4,1 pods.txt", "web-1 node-a\nweb-2 node-b\ndb-0 node-a\n", 0),
        ("cut --complement -d' ' -f1 pods.txt", "Running 0 node-a\nPending 3 node-b\nRunning 12 node-a\n", 0),
        ("cut -d' ' --output-delimiter=, -f1-3 pods.txt", "web-1,Running,0\nweb-2,Pending,3\ndb-0,Running,12\n", 0),
        ("cut pods.txt", "", 1),
        ("tr a-z A-Z < pods.txt", "WEB-1 RUNNING 0 NODE-A\nWEB-2 PENDING 3 NODE-B\nDB-0 RUNNING 12 NODE-A\n", 0),
        ("tr -d '\\n' < numbers", "1091009", 0),
        ("tr -s ' ' < mixed", "a:b:c\nno delim\n\nTab\there two\nZeta 1K\nalpha 2M\nBeta 10\n", 0),
        ("tr ' ' '\\n' < pods.txt | head -3", "web-1\nRunning\n0\n", 0),
        ("tr -cd '0-9\\n' < pods.txt", "10\n23\n012\n", 0),
        ("tr -c 'a-z' '_' < numbers", "___________", 0),
        ("tr a-c x < mixed", "x:x:x\nno delim\n\nTxx\there  two\nZetx 1K\nxlphx 2M\nBetx 10\n", 0),
        ("awk '{print $1}' pods.txt", "web-1\nweb-2\ndb-0\n", 0),
        ("awk '{print $NF, NR, NF}' pods.txt", "node-a 1 4\nnode-b 2 4\nnode-a 3 4\n", 0),
        ("awk '$3>1' pods.txt", "web-2 Pending 3 node-b\ndb-0 Running 12 node-a\n", 0),
        ("awk '$3 > 1 {print $1}' pods.txt", "web-2\ndb-0\n", 0),
        ("awk '/web/ {n++} END {print n}' pods.txt", "2\n", 0),
        ("awk '{s+=$3} END {print s, s/NR}' pods.txt", "15 5\n", 0),
        ("awk -F- '{print $2}' pods.txt", "1 Running 0 node\n2 Pending 3 node\n0 Running 12 node\n", 0),
        ("awk -F: '{print $2}' mixed", "b\n\n\n\n\n\n\n", 0),
        ("awk 'NR==2' pods.txt", "web-2 Pending 3 node-b\n", 0),
        ('awk \'NR>1 {print $1 "-" $2}\' pods.txt', "web-2-Pending\ndb-0-Running\n", 0),
        ("awk '{print $1, $2}' OFS=, pods.txt", "web-1,Running\nweb-2,Pending\ndb-0,Running\n", 0),
        ("awk -v OFS=, '{print $1,$2}' pods.txt", "web-1,Running\nweb-2,Pending\ndb-0,Running\n", 0),
        ("awk -v x=5 'BEGIN{print x+1}'", "6\n", 0),
        ("awk '{c[$4]++} END {for (n in c) print n, c[n]}' pods.txt | sort", "node-a 2\nnode-b 1\n", 0),
        ("awk '!seen[$4]++' pods.txt", "web-1 Running 0 node-a\nweb-2 Pending 3 node-b\n", 0),
        ('awk \'{$2="x"; print}\' pods.txt', "web-1 x 0 node-a\nweb-2 x 3 node-b\ndb-0 x 12 node-a\n", 0),
        ('awk \'$2=="Running" && $4 ~ /a$/ {print $1}\' pods.txt', "web-1\ndb-0\n", 0),
        ('awk \'$2!="Running"\' pods.txt', "web-2 Pending 3 node-b\n", 0),
        ('awk \'{if ($3>0) print $1; else print "zero"}\' pods.txt', "zero\nweb-2\ndb-0\n", 0),
        ('awk \'BEGIN {print 1/3, 10%3, 2*3+1, "a" "b"}\'', "0.333333 1 7 ab\n", 0),
        ("awk 'END{print NR}' pods.txt", "3\n", 0),
        ('awk \'{print ($3>1) ? "many" : "few"}\' pods.txt', "few\nmany\nmany\n", 0),
        ("awk '{print $(NF-1)}' pods.txt", "0\n3\n12\n", 0),
        ("awk '/web-1/,/web-2/' pods.txt", "web-1 Running 0 node-a\nweb-2 Pending 3 node-b\n", 0),
        ('awk \'BEGIN{printf "no newline"}\'', "no newline", 0),
        ("awk '{ print $1 ; exit }' pods.txt", "web-1\n", 0),
        ("awk 'NR%2' numbers", "10\n100\n", 0),
        ("awk '{print -$1}' numbers", "-10\n-9\n-100\n-9\n", 0),
        ("awk '{x = x < $1 ? $1 : x} END {print x}' numbers", "100\n", 0),
        ("awk 'max < $1 {max=$1} END {print max}' numbers", "100\n", 0),
        ('awk \'{split($1,p,"-"); print p[2]}\' pods.txt', "1\n2\n0\n", 0),
        ("awk '{for(i=1;i<=NF;i++) print $i}' numbers", "10\n9\n100\n9\n", 0),
        ('awk "{print \\$1}" pods.txt', "web-1\nweb-2\ndb-0\n", 0),
        ("awk '{print $1,$3}' pods.txt | column -t", "web-1  0\nweb-2  3\ndb-0   12\n", 0),
        ("awk 'NF' mixed", "a:b:c\nno delim\nTab\there  two\nZeta 1K\nalpha 2M\nBeta 10\n", 0),
        ("awk 'length > 3' mixed", "a:b:c\nno delim\nTab\there  two\nZeta 1K\nalpha 2M\nBeta 10\n", 0),
        ("awk 'length($0) > 3' mixed", "a:b:c\nno delim\nTab\there  two\nZeta 1K\nalpha 2M\nBeta 10\n", 0),
        ("awk '{ sum += $1 } END { if (NR > 0) print sum / NR }' numbers", "32\n", 0),
        ('awk \'{print NR": "$0}\' numbers', "1: 10\n2: 9\n3: 100\n4: 9\n", 0),
        ('awk \'{print $1; next} {print "no"}\' numbers', "10\n9\n100\n9\n", 0),
        ('awk \'$0 ~ "web"\' pods.txt', "web-1 Running 0 node-a\nweb-2 Pending 3 node-b\n", 0),
        ('awk \'{print index($1,"-")}\' pods.txt', "4\n4\n3\n", 0),
        ("awk '{ print substr($0, index($0,$3)) }' pods.txt", "0 node-a\n3 node-b\n12 node-a\n", 0),
        ("awk 'BEGIN { while (i < 3) { print i; i++ } }'", "\n1\n2\n", 0),
        ("sed -n 2p pods.txt", "web-2 Pending 3 node-b\n", 0),
        ("sed -n '1,2p' pods.txt", "web-1 Running 0 node-a\nweb-2 Pending 3 node-b\n", 0),
        ("sed 1d pods.txt", "web-2 Pending 3 node-b\ndb-0 Running 12 node-a\n", 0),
        ("sed '$d' pods.txt", "web-1 Running 0 node-a\nweb-2 Pending 3 node-b\n", 0),
        ("sed -n '$p' pods.txt", "db-0 Running 12 node-a\n", 0),
        ("sed 's/o/0/g' pods.txt", "web-1 Running 0 n0de-a\nweb-2 Pending 3 n0de-b\ndb-0 Running 12 n0de-a\n", 0),
        ("sed 's/\\(.*\\) .*/\\1/' pods.txt", "web-1 Running 0\nweb-2 Pending 3\ndb-0 Running 12\n", 0),
        ("sed '/web/d' pods.txt", "db-0 Running 12 node-a\n", 0),
        ("sed -n '/web-2/,$p' pods.txt", "web-2 Pending 3 node-b\ndb-0 Running 12 node-a\n", 0),
        ("sed '/Pending/!d' pods.txt", "web-2 Pending 3 node-b\n", 0),
        ("sed '2q' pods.txt", "web-1 Running 0 node-a\nweb-2 Pending 3 node-b\n", 0),
        ("sed -n '/db/=' pods.txt", "3\n", 0),
        ("sed 's/WEB/x/I' pods.txt", "x-1 Running 0 node-a\nx-2 Pending 3 node-b\ndb-0 Running 12 node-a\n", 0),
        ("sed 's/ .*//' pods.txt", "web-1\nweb-2\ndb-0\n", 0),
        ("sed -n 's/web-\\(.\\).*/\\1/p' pods.txt", "1\n2\n", 0),
        ("sed '2,$s/node/N/' pods.txt", "web-1 Running 0 node-a\nweb-2 Pending 3 N-b\ndb-0 Running 12 N-a\n", 0),
        ("sed 's/\\t/ /g' mixed", "a:b:c\nno delim\n\nTab here  two\nZeta 1K\nalpha 2M\nBeta 10\n", 0),
        ("sed 's/x*/-/g' numbers", "-1-0-\n-9-\n-1-0-0-\n-9-\n", 0),
        ("sed = numbers", "1\n10\n2\n9\n3\n100\n4\n9\n", 0),
        ("sed 's/$/;/' numbers", "10;\n9;\n100;\n9;\n", 0),
        ("sed 's/^/> /' numbers", "> 10\n> 9\n> 100\n> 9\n", 0),
        ("echo -n a; echo b", "ab\n", 0),
        ("echo -e 'a\\tb\\n'", "a\tb\n\n", 0),
        ("echo -E 'a\\t'", "a\\t\n", 0),
        ('echo "a\\tb"', "a\\tb\n", 0),
        ("echo a\\\\b", "a\\b\n", 0),
        ("printf '%s\\n' a b c", "a\nb\nc\n", 0),
        ("printf '%5s|%-5s|%05d\\n' a b 7", "    a|b    |00007\n", 0),
        ("printf '%d %s\\n' 1 a 2", "1 a\n2 \n", 0),
        ("printf 'a%%\\n'", "a%\n", 0),
        ("printf '%s'", "", 0),
        ("printf '%.2f\\n' 3.14159", "3.14\n", 0),
        ("printf '%x %o\\n' 255 8", "ff 10\n", 0),
        ("printf '\\x41\\n'", "A\n", 0),
        ("printf 'no args %s\\n'", "no args \n", 0),
        ("seq 3", "1\n2\n3\n", 0),
        ("seq 2 5", "2\n3\n4\n5\n", 0),
        ("seq 1 2 7", "1\n3\n5\n7\n", 0),
        ("seq 5 -2 1", "5\n3\n1\n", 0),
        ("seq -s, 3", "1,2,3\n", 0),
        ("seq -w 8 11", "08\n09\n10\n11\n", 0),
        ("tac numbers", "9\n100\n9\n10\n", 0),
        ("rev numbers", "01\n9\n001\n9\n", 0),
        ("nl numbers", "     1\t10\n     2\t9\n     3\t100\n     4\t9\n", 0),
        ("cat -n numbers", "     1\t10\n     2\t9\n     3\t100\n     4\t9\n", 0),
        ("basename /a/b.txt .txt", "b\n", 0),
        ("dirname /a/b/c", "/a/b\n", 0),
        ("echo a b c | xargs -n1 echo", "a\nb\nc\n", 0),
        ("echo a b | xargs", "a b\n", 0),
        ("cat numbers | xargs -I{} echo x{}y", "x10y\nx9y\nx100y\nx9y\n", 0),
        ('echo "\'a b\' c" | xargs -n1 echo', "a b\nc\n", 0),
        ("xargs echo < /dev/null", "\n", 0),
        ("xargs -r echo < /dev/null", "", 0),
        ("printf 'a\\0b' | xargs -0 -n1 echo", "a\nb\n", 0),
        ("base64 <<< hello", "aGVsbG8K\n", 0),
        ("echo aGVsbG8K | base64 -d", "hello\n", 0),
        ("echo hello | tee f; cat f", "hello\nhello\n", 0),
        ('echo "$(echo "nested $(echo deep)")"', "nested deep\n", 0),
        ("echo `echo a \\`echo b\\``", "a b\n", 0),
        ('cat numbers | while read x y; do echo "$x$y"; done', "10\n9\n100\n9\n", 0),
        ("echo a > f; echo b >> f; cat < f", "a\nb\n", 0),
        ("echo err >&2 2>/dev/null", "", 0),
        ("echo ${x-unset}", "unset\n", 0),
        ('echo \'single\' "double" mixed\'q\'"r"', "single double mixedqr\n", 0),
        ('echo \\$HOME \'\\n\' "\\$x \\\\ \\" \\`"', '$HOME \\n $x \\ " `\n', 0),
        ("echo a;echo b", "a\nb\n", 0),
        ("cat <<< hi", "hi\n", 0),
        ('echo "a   b"   c', "a   b c\n", 0),
        ('echo "*"', "*\n", 0),
        ("echo \\*", "*\n", 0),
        ("echo [p]*", "pods.txt\n", 0),
        ("echo n?mbers", "numbers\n", 0),
        ("echo $?", "0\n", 0),
        ("echo a | cat - numbers", "a\n10\n9\n100\n9\n", 0),
        ('printf \'%s %s\\n\' "$(cat numbers)"', "10\n9\n100\n9 \n", 0),
        ('echo "a', "", 2),
        ("echo $'a\\nb'", "a\nb\n", 0),
    ],
)  # fmt: skip
def test_a_tool_prints_what_gnu_s_prints(place: Place, line: str, output: str, code: int) -> None:
    for name, text in FILES.items():
        place.files.write(f"{HOME}/{name}", text)
    done = place.run(line)
    assert (done.out, done.code) == (output, code)


@pytest.mark.parametrize(
    ("line", "error", "code"),
    [
        ("grep nosuch nofile", "grep: nofile: No such file or directory\n", 2),
        ("cat nofile numbers", "cat: nofile: No such file or directory\n", 1),
        ("sort nofile", "sort: cannot read: nofile: No such file or directory\n", 2),
        ("ls nofile", "ls: cannot access 'nofile': No such file or directory\n", 2),
        ("rm dir", "rm: cannot remove 'dir': Is a directory\n", 1),
        ("mkdir dir", "mkdir: cannot create directory 'dir': File exists\n", 1),
    ],
)  # fmt: skip
def test_a_tool_that_cannot_says_why(place: Place, line: str, error: str, code: int) -> None:
    done = place.run(line)
    assert (done.err, done.code) == (error, code)


def test_date_knows_formats_and_distances(place: Place) -> None:
    assert place.lines(
        ["date", "date -u +%FT%TZ", "date +%s", "date -d '10 minutes ago' +%R", "date -Is"]
    ) == [
        "Fri Nov 20 02:47:00 UTC 2026\n",
        "2026-11-20T02:47:00Z\n",
        "1795142820\n",
        "02:37\n",
        "2026-11-20T02:47:00+00:00\n",
    ]


def test_files_are_made_moved_and_removed(place: Place) -> None:
    place.run("mkdir -p a/b; touch a/b/f; cp numbers a/b/g; mv a/b/g a/h; rm a/b/f; rmdir a/b")
    assert place.run("ls a; wc -l < a/h").out == "h\n4\n"
    place.run("rm -r a")
    assert place.run("ls -d a").code == 2


def test_a_pattern_that_would_explode_elsewhere_is_linear(place: Place) -> None:
    place.files.write(f"{HOME}/long", "a" * 50_000 + "\n")
    assert place.run("grep -cE '(a*)*(a*)*b' long").out == "0\n"


def test_a_growing_file_is_followed(place: Place) -> None:
    place.start("(sleep 5; echo 11 >> numbers; sleep 5; echo 12 >> numbers) & tail -n1 -f numbers")
    place.env.advance(place.env.now + 20_000)
    assert place.out.endswith("9\n11\n12\n")
    assert place.code is None


def test_a_file_that_comes_is_followed_by_its_name(place: Place) -> None:
    place.start("(sleep 5; echo here > late) & tail -F late")
    place.env.advance(place.env.now + 20_000)
    assert place.out.endswith("here\n")
    assert "tail: 'late' has appeared;  following new file\n" in place.err


@pytest.mark.parametrize(
    "line", ["seq 1 100000000 | head -1", "yes | head -1", "cat /dev/zero | head -c 3"]
)
def test_a_reader_that_has_enough_stops_its_writer(place: Place, line: str) -> None:
    done = place.run(line)
    assert (len(done.out), done.code) in {(2, 0), (3, 0)}


@pytest.mark.parametrize(
    "line",
    [
        "yes > /dev/null",
        "seq 1 1000000000 > /dev/null",
        "yes | sort",
        "echo '2^99999999' | bc",
        "yes | wc",
    ],
)
def test_work_without_end_is_ended(place: Place, line: str) -> None:
    assert place.run(line).code is not None


def test_times_of_files_are_the_places(place: Place) -> None:
    place.run("sleep 90; echo x > new")
    done = place.run("stat -c %y new; ls -l --time-style=+%T new; [ new -nt numbers ]; echo $?")
    assert done.out.startswith("2026-11-20 02:48:30")
    assert done.out.endswith("0\n")


def test_what_is_drawn_differs_each_time_and_is_the_same_in_every_run() -> None:
    first, second = Place(), Place()
    assert first.run("shuf -i 1-50").out != first.run("shuf -i 1-50").out
    again = [second.run("shuf -i 1-50").out for _ in range(2)]
    assert again[0] == Place().run("shuf -i 1-50").out
    assert (
        first.run("head -c 8 /dev/urandom | xxd -p").out
        == second.run("head -c 8 /dev/urandom | xxd -p").out
    )


def test_every_tool_has_help_and_a_version(place: Place) -> None:
    assert place.run("sort --help").out.startswith("Usage: sort [OPTION]... [FILE]...\n")
    assert place.run("ls --version").out.startswith("ls (GNU coreutils) 9.1\n")
    assert "--reverse" in place.run("man sort").out
    for name in ("vim", "less", "more", "yq", "zgrep", "watch", "jq", "awk", "find", "diff", "tar"):
        for word in ("--help", "--version"):
            assert place.run(f"{name} {word}").out, f"{name} {word}"
