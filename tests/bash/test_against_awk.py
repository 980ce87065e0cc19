"""awk prints what gawk prints: each program runs in the real one and in ours."""

from __future__ import annotations

import pytest

from tests.bash.coreutils import Tree
from tests.real import real

LINES = r"""
awk '{print $1}' pods
awk '{print $NF, NR, NF}' pods
awk '$4>1' pods
awk 'NR>1 && $4 > 1 {print $1}' pods
awk '/web/ {n++} END {print n}' pods
awk '{s+=$4} END {print s, s/NR}' pods
awk -F- '{print $2}' pods
awk -F: '{print $2}' dir/inner.yaml
awk 'NR==2' pods
awk 'NR>1 {print $1 "-" $2}' pods
awk '{print $1, $2}' OFS=, pods
awk -v OFS=, '{print $1,$2}' pods
awk -v OFS='\t' '{$1=$1}1' pods
awk -v x=5 'BEGIN{print x+1}'
awk '{c[$3]++} END {for (n in c) print n, c[n]}' pods | sort
awk '!seen[$3]++' pods
awk '{$2="x"; print}' pods
awk '$3=="Running" && $1 ~ /^web/ {print $1}' pods
awk '$3!="Running"' pods
awk '{if ($4>0) print $1; else print "zero"}' pods
awk 'BEGIN {print 1/3, 10%3, 2*3+1, "a" "b"}'
awk 'END{print NR}' pods
awk '{print ($4>1) ? "many" : "few"}' pods
awk '{print $(NF-1)}' pods
awk '/web-1/,/web-2/' pods
awk 'BEGIN{printf "no newline"}'
awk '{ print $1 ; exit }' pods
awk 'NR%2' numbers
awk '{print -$1}' numbers
awk '{x = x < $1 ? $1 : x} END {print x}' numbers
awk 'max < $1 {max=$1} END {print max}' numbers
awk '{split($1,p,"-"); print p[2]}' pods
awk '{for(i=1;i<=NF;i++) print $i}' pods
awk 'NF' blanks
awk 'length > 3' pods
awk 'length($0) > 30' pods
awk '{print NR": "$0}' numbers
awk '{print $1; next} {print "no"}' numbers
awk '$0 ~ "web"' pods
awk '{print index($1,"-")}' pods
awk '{ print substr($0, index($0,$3)) }' pods
awk 'BEGIN { while (i < 3) { print i; i++ } }'
awk 'BEGIN { do { print i; i++ } while (i < 3) }'
awk 'BEGIN { for (;;) { if (++i > 3) break; if (i == 2) continue; print i } }'
awk '{ sum[$3] += $4 } END { for (s in sum) printf "%-10s %5d\n", s, sum[s] }' pods | sort
awk 'BEGIN{printf "%d %d %s %c %c|%5.2f|%-5d|%05d|%+d|\n", 3.9, "12abc", 1e6, 65, "hello", 3.14159, 42, 42, 42}'
awk 'BEGIN{printf "%x|%X|%o|%e|%g|%i|%%|%*d|%.3s|%5s|\n", 255, 255, 8, 12345.678, 1e-4, 7, 5, 42, "abcdef", "a"}'
awk 'BEGIN{printf "%s %s %s\n", 1e6, 0.1, 123456789012}'
awk 'BEGIN{printf "%5%|%c%c|% d|%#x|%#o\n", 256, "", 5, 255, 8}'
awk 'BEGIN{printf "%.2f%%\n", 45.678}'
awk 'BEGIN{printf("%s-%s\n", "a", "b")}'
awk 'BEGIN{print length("héllo"), index("héllo","l"), substr("héllo",2,3), toupper("abc"), tolower("ABC")}'
awk 'BEGIN{print substr("hello",0), substr("hello",-1,3), substr("hello",2,100), substr("hello",1.5,1.5)}'
awk 'BEGIN{print substr("hello",2), substr("hello",2,0) "|", substr("hello",10) "|"}'
awk 'BEGIN{$3="x"; print; print NF; NF=2; print; $0="a b c"; print $2}'
awk '{NF=2}1' pods
awk '{$7="new"; print NF; print}' pods
awk '{$1=""; print}' pods
awk '{$0="a b"; print NF, $2}' pods
awk 'BEGIN{print -0, 0*-1, 1e30, 2^53, 2^53+1, 0.1+0.2, 1e6, 1e-5, 100000*100000, 3.0, "3.0"+0, "0x11"+0, 0x11}'
awk 'BEGIN{print 1e300*1e300, -1e300*1e300, log(0)}'
awk 'BEGIN{print log(-1)}'
awk 'BEGIN{print sqrt(-1)}'
awk 'BEGIN{print int(3.9), int(-3.9), int("3abc"), sqrt(16), exp(1), log(10), sin(1), cos(1), atan2(0,-1)}'
awk 'BEGIN{print 1 " " -1; print 2 -1; x=5; print x++ + ++x; print 2^3^2, -2^2, !1+1, 1-1-1, 2**3}'
awk 'BEGIN{print 1<2 ? "y" : "n"; print (1<2) (2<1); print 1==1.0, "a"<"b", "10"<"9", 10<9, "abc"<1}'
awk 'BEGIN{x["a"]; print ("a" in x), ("b" in x), length(x)}'
awk 'BEGIN{x[1,2]=3; for (k in x) {split(k, p, SUBSEP); print p[1], p[2]}; print ((1,2) in x)}'
awk 'BEGIN{x["a"]=1; delete x["a"]; print length(x); x[1]; x[2]; delete x; print length(x)}'
awk 'function f(n) {return n<=1 ? 1 : n*f(n-1)} BEGIN{print f(10)}'
awk 'function fib(n) {return n<2 ? n : fib(n-1)+fib(n-2)} BEGIN{print fib(15)}'
awk 'function g(a, i) {a["x"]=1; i=5; return} BEGIN{i=1; g(z); print z["x"], i, g(z) "|"}'
awk 'function swap(a,i,j,  t){t=a[i];a[i]=a[j];a[j]=t} BEGIN{a[1]="x";a[2]="y";swap(a,1,2);print a[1] a[2]}'
awk 'function max(a,b) { return a>b ? a : b }
{ m = max(m, $4) }
END { print m }' pods
awk '{gsub(/[0-9]/,"#"); print}' pods
awk '{n=gsub("o","0"); print n, $0}' pods
awk '{sub(/e/,"[&]"); print}' pods
awk '{sub(/e/,"\\&"); print}' pods
awk '{gsub(/[aeiou]/,"<&>",$1); print $1}' pods
awk 'BEGIN{s="aaa"; gsub(/a/,"b&b",s); print s; gsub(/x*/,"-",s); print s}'
awk 'BEGIN{s="hello"; gsub(/l*/,"x",s); print s; t="abc"; gsub(/$/,"!",t); print t; gsub(/^/,">",t); print t}'
awk 'BEGIN{print gensub(/(a)(b)/,"\\2\\1","g","abab"), gensub(/a/,"x",2,"aaa"), gensub(/b+/,"[&]",1,"abbb")}'
awk '{print gensub(/([a-z]+)-([0-9])/,"\\2-\\1",1)}' pods
awk 'BEGIN{print match("foobar",/o+/), RSTART, RLENGTH; print match("x",/y/), RSTART, RLENGTH}'
awk 'match($0,/([a-z]+)-([0-9])/,m){print m[1], m[2], m[0]}' pods
awk 'BEGIN{n=split("a:b:c",x,":"); print n, x[1], x[3]; n=split("",x); print n, length(x)}'
awk 'BEGIN{n=split("a1b22c",x,/[0-9]+/); print n, x[1], x[2], x[3]; n=split(" a b ",x); print n, x[1]}'
awk 'BEGIN{n=split("abc",x,""); print n, x[1] x[2] x[3]; n=split("a.b.c",x,"."); print n, x[2]}'
awk 'BEGIN{n=split("a|b|c",x,"|"); print n, x[2]; n=split("a  b",x," "); print n; n=split("a  b",x,/ /); print n}'
awk 'BEGIN{a["b"]=2;a["a"]=1;a["c"]=3;n=asorti(a,b);for(i=1;i<=n;i++)print b[i]}'
awk 'BEGIN{a[1]=30;a[2]=4;a[3]="x";n=asort(a);for(i=1;i<=n;i++)print a[i]}'
awk 'BEGIN{PROCINFO["sorted_in"]="@ind_str_asc"; a["b"]=2;a["a"]=1; for(k in a) print k, a[k]}'
awk '{a[$3]+=$4} END {PROCINFO["sorted_in"]="@val_num_desc"; for(k in a) print k, a[k]}' pods
awk 'BEGIN{PROCINFO["sorted_in"]="@ind_num_desc"; for(i=1;i<12;i++) a[i]=i; for(k in a) printf "%s ", k; print ""}'
awk 'BEGIN{RS=""}{print NR": "$1}' blanks
awk 'BEGIN{RS="";FS="\n"}{print NR": "$1 "|" $2}' blanks
awk -v RS='' '{print NF}' words
awk 'BEGIN{RS=","}{print NR, $0}' fields.csv
awk -v RS='[0-9]+' '{print NR": "$0" "RT}' numbers
awk -v RS=' ' '{print}' words
awk 'BEGIN{FS=","}{print $2}' fields.csv
awk -F, 'NR>1{print $2 | "sort"}' fields.csv
awk -F, 'NR>1{print $2 | "sort"} END{close("sort"); print "end"}' fields.csv
awk -F'[,-]' '{print $1}' fields.csv
awk -F'\t' '{print $2}' fields.tsv
awk -Ft '{print $2}' fields.tsv
awk -F '|' '{print $1}' pods
awk -F. '{print $1}' numbers
awk -F'  +' '{print NF}' words
awk -F '' '{print $2}' numbers
awk -F'/' '{print $2}' pods
awk 'BEGIN{FS=":"; OFS=";"} {$1=$1; print}' dir/inner.yaml
awk '{FS=":"} {print $1}' dir/inner.yaml
awk 'BEGIN{while ((getline line < "numbers") > 0) n++; print n; close("numbers"); getline line < "numbers"; print line}'
awk 'BEGIN{print (getline line < "nofile")}'
awk 'NR==1{getline; print} NR==3{getline x; print x, NR}' pods
awk 'BEGIN{getline; print "got " $0; getline a; print a}' numbers
awk 'BEGIN{"echo hi there" | getline; print $2; "echo x" | getline v; print v, NR}'
awk 'BEGIN{while (("cat numbers" | getline l) > 0) n++; print n}'
awk 'BEGIN{cmd="sort -n numbers"; while ((cmd | getline l) > 0) s = s " " l; close(cmd); print s}'
awk 'BEGIN{r=system("echo sys; exit 3"); print r}'
awk '{print > "out"} END{close("out"); while ((getline l < "out") > 0) print "o:" l}' numbers
awk '{print $1 > $3 ".txt"}' pods; cat Running.txt Pending.txt
awk '{print >> "out"}' numbers; awk '{print >> "out"}' numbers; wc -l out
awk 'BEGIN{print "err" > "/dev/stderr"; print "out" > "/dev/stdout"}'
awk 'BEGIN{print "b\na" | "sort"; print "first"}'
awk 'BEGIN{printf "%s\n", "x" | "cat 1>&2"}'
awk 'FNR==1{print FILENAME, FNR, NR}' pods numbers
awk 'FNR==NR{a[$1]=$2;next} $1 in a{print $0, a[$1]}' left right
awk 'NR==FNR{n++;next}{print n}' left right
awk 'END{print $0, NF}' pods
awk 'FNR==2{nextfile}{print FILENAME, $1}' left right
awk '{print}' x=1 pods y=2
awk '{print x}' x=1 left x=2 right
awk 'BEGIN{print ARGC, ARGV[0], ARGV[1], ARGV[2]}' a b
awk 'BEGIN{ARGV[1]="left"} {print}' right
awk 'BEGIN{print ENVIRON["HOME"] != "", length(ENVIRON["NOSUCH"])}'
awk 'BEGIN{exit 3} END{print "e"}'
awk 'BEGIN{print "x"; exit} END{print "e"}'
awk '{exit NR+1}' pods
awk 'END{exit 4}' pods
awk 'BEGIN{print length(x), x+0, x ""; print !x, -x, +"3x"}'
awk '{print ($1 == 9), ($1 < 10), ($1 == "9")}' numbers
awk '$1 == "9.0" || $1 == 9' numbers
awk '$2' tabs
awk '$1+0 > 5' numbers
awk '{print $1*2, $1""}' numbers
awk 'BEGIN{CONVFMT="%.2g"; x=3.14159; print x ""; OFMT="%.3f"; print x, x ""}'
awk 'BEGIN{a=12; print a " " 12.0 " " 1e3 " " 0.1}'
awk 'BEGIN{x="A"; y=x++; print x, y; print x--, x; x+=5; x-=1; x*=2; x/=4; x%=3; x^=2; print x}'
awk 'BEGIN{i=5; print i++ i++, i; print i--+--i}'
awk 'BEGIN { print length() }' pods
awk '{print length}' numbers
awk 'BEGIN{print toupper(substr("abc",1,1)) substr("abc",2)}'
awk 'BEGIN{print "a\tb\\n\"q\" \/ \101"}'
awk 'BEGIN{print "a\qb"}'
awk "BEGIN{print \"it's\"}"
awk '/1\/1/' pods
awk '/[/]/' pods
awk '$0 ~ /^[[:alpha:]]+-[0-9]/' pods
awk '/\<web\>/' pods
awk '/we./ && !/2/' pods
awk '!/web/' pods
awk 'NR==2,NR==3' pods
awk 'NR==2,/nosuch/{print NR}' pods
awk '/web-1/,/web-1/' pods
awk '{ $3 = toupper($3) } 1' pods
awk '{print $1}; {print $2}' left
awk 'BEGIN { printf "%s", "a" > "/dev/stdout" }'
awk '# comment
NR==1 { # here
  print $1,
        $2
}' pods
awk 'NR==1{print} ; NR==2{print}' pods
awk '{ if (NR==1) { print "one" } else if (NR==2) print "two"
else print "more" }' left
awk 'BEGIN{if (!(3 in a)) print "no"; if (1) ; else print "x"; print "end"}'
awk 'BEGIN{switch (3) {case 1: print 1; break; case /3/: print "three"; default: print "d"}}'
awk 'BEGIN{print and(12,10), or(12,10), xor(12,10), lshift(1,4), rshift(16,2), strtonum("0x1F"), strtonum("017")}'
awk 'BEGIN{print strftime("%Y-%m-%d %H:%M:%S", 86400), strftime("%F %T", 0), mktime("2026 11 20 02 47 00")}'
awk 'BEGIN{print mktime("bad"), strftime("%j %a %b %e %Z %z %s", 1795142820)}'
awk 'BEGIN{srand(1); a=rand(); srand(1); b=rand(); print (a==b), (a>=0 && a<1), srand(5), srand()}'
awk 'BEGIN{x = rand(); print (x == rand())}'
awk 'BEGIN{print substr("hello", 2, 3) > "/dev/stdout"; print(1)(2)}'
awk 'BEGIN { print 1,
2 }'
awk 'BEGIN{a["x"]=1; for (k in a) delete a[k]; print length(a)}'
awk 'BEGIN{n = 3; while (n --> 0) printf "%d ", n; print ""}'
awk '{ line[NR] = $0 } END { for (i = NR; i > 0; i--) print line[i] }' numbers
awk '{ for (i = NF; i > 0; i--) printf "%s%s", $i, (i > 1 ? OFS : ORS) }' pods
awk 'BEGIN{while(i++<3)print i;print "x"}'
awk 'BEGIN{$0="a b c"; for(;NF>0;NF--) print $0}'
awk 'BEGIN{FIELDWIDTHS="3 2 *"} {print $2}' pods
awk 'BEGIN{FPAT="[^,]+"} {print $2, NF}' fields.csv
awk -v IGNORECASE=1 '/WEB/' pods
awk 'BEGIN{IGNORECASE=1} $1 ~ "WEB"{print $1}' pods
awk 'BEGIN{print typeof(x), typeof(1), typeof("a"), isarray(ARGV)}'
awk '{print $1 $2}' left
awk '{a=$1; b=$2; print a b, a+b, (a b)+0}' left
awk 'BEGIN{OFS="-"; $0="a b c"; $1=$1; print; print $1,$2}'
awk 'BEGIN{print index("abc","")}'
awk 'BEGIN{print substr("x",1,-1) "|"}'
awk '{print > "/nodir/x"}' left
awk 1 nofile
awk 1 dir pods
awk -f nofile
printf 'BEGIN{print "from file"}\n{print $1}\n' > prog.awk; awk -f prog.awk left
awk 'BEGIN{print 1'
awk '{print $1)}'
awk 'BEGIN { if (1) }'
awk '{print'
awk 'BEGIN{x=}'
awk 'BEGIN{print 1,2,}'
awk 'BEGIN{print "abc}'
awk 'BEGIN{print /abc}'
awk '}'
awk 'BEGIN{f()}'
awk 'BEGIN{print toupper()}'
awk 'BEGIN{print substr("hello")}'
awk 'BEGIN{print $-1}'
awk 'BEGIN{NF=-1}'
awk 'BEGIN { return 1 }'
awk 'BEGIN { next }'
awk '/(/'
awk 'BEGIN{print match("aaa","(")}'
awk '{print 1/0}' left
awk '{x = $1 % 0}' left
awk -v '1x=2' 'BEGIN{}'
awk 'function f(f){}'
awk 'BEGIN{printf "%d"}'
cat pods | awk '{print $1}' -
cat pods | awk 'NR==2{print; exit}'
printf 'a b\nc d' | awk '{print $2}'
printf 'k=v;x=y' | awk -v RS=';' -F= '{print $1"->"$2}'
printf '1\n2\n3\n4\n' | awk 'ORS=NR%2?" ":"\n"'
printf 'a,b\n' | awk -F, -v OFS=';' '{$1=$1}1'
awk 'BEGIN{printf "%-20s|%10s|\n", "name", "value"; printf "%s\n", substr("abcdef", 3)}'
awk 'NR>1{split($1,n,"-"); c[n[1]]++} END{for(k in c) print c[k], k | "sort -rn"}' pods
awk '{ total += length($0) + 1 } END { print total }' pods
awk '{ $NF=""; sub(/ $/, ""); print }' pods
awk '{ print NR % 2 == 0 ? "even" : "odd" }' left
awk '{ print (NR==1 ? "first" : "") $1 }' left
""".strip()


def _lines(text: str) -> list[str]:
    """Return the command lines: one goes on while a quote is open."""
    lines: list[str] = []
    for line in text.split("\n"):
        if lines and lines[-1].count("'") % 2 and not lines[-1].startswith('awk "'):
            lines[-1] += "\n" + line
        else:
            lines.append(line)
    return lines


CASES = _lines(LINES)


@pytest.mark.parametrize("line", CASES)
def test_awk_prints_what_gawk_prints(both: Tree, line: str) -> None:
    gawk = real("gawk")
    bin_ = both.root / ".bin"
    bin_.mkdir()
    (bin_ / "awk").symlink_to(gawk)
    wanted = both.real(f"PATH={bin_}:$PATH; {line}")
    assert both.ours(line) == wanted


@pytest.mark.parametrize(
    "program",
    ["BEGIN{while(1);}", "BEGIN{for(;;)x=x \"aaaa\"}", "function f(){f()}BEGIN{f()}",
     "{while(1)a[i++]}", "BEGIN{for(;;)print > \"f\"}", "BEGIN{x=sprintf(\"%99999s\",1);for(;;)y=y x}"],
)  # fmt: skip
def test_a_program_without_end_is_stopped(both: Tree, program: str) -> None:
    assert both.ours(f"echo 1 | awk '{program}'").code != 0
