#!/bin/sh
# Checks this package with tools that are not ours: sh, coreutils, grep, sed, awk, ssh-keygen, openssl.
# What each step proves, and what it does not, is told in VERIFY.txt. Writes only to a temporary folder.
#
#   sh verify.sh [--root FINGERPRINT] [--seal SHA256] [--manifest SHA256] [--ca FOLDER]
#
# Exit code: 0 nothing is off, 1 something is, 2 it could not be checked.
set -u
LC_ALL=C
export LC_ALL
unset CDPATH
umask 077

ROOT='' SEAL='' MANIFEST='' CA=''
usage() {
    echo "usage: sh verify.sh [--root FINGERPRINT] [--seal SHA256] [--manifest SHA256] [--ca FOLDER]" >&2
    exit 2
}
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || usage
    case $1 in
    --root) ROOT=$2 ;;
    --seal) SEAL=$2 ;;
    --manifest) MANIFEST=$2 ;;
    --ca) CA=$(cd "$2" && pwd) || exit 2 ;;
    *) usage ;;
    esac
    shift 2
done
for tool in awk cat comm cut date dirname grep ls mkdir mktemp openssl paste rm sed sha256sum sort split ssh-keygen tail tr uniq wc; do
    command -v "$tool" >/dev/null || { echo "this needs the tool '$tool'" >&2; exit 2; }
done
cd "$(dirname "$0")" || exit 2
T=$(mktemp -d) || exit 2
trap 'rm -rf "$T"' EXIT
trap 'exit 2' HUP INT TERM
CASE=data/case
ZEROS=0000000000000000000000000000000000000000000000000000000000000000
PAPERS='^\(log\|case\|officers\|seals\|decisions\|releases\|restores\|annotations\)/\|^imports/[0-9]*/receipt[.]json$'

FAILED=0 BAD=0
step() { STEP=$1 BAD=0; }
# What a package says may be hostile: nothing but plain letters reaches the terminal.
say() { printf '%s\n' "$1" | tr -c '[:print:]\n' '?'; }
fail() {
    BAD=1 FAILED=1
    say "FAIL  $STEP: $1"
}
note() { say "note  $STEP: $1"; }
done_() { [ $BAD -eq 1 ] || say "PASS  $STEP: $1"; }
# Reports each line of a file as a failure.
fail_each() {
    while IFS= read -r line; do fail "$line"; done <"$1"
}
# Runs sha256sum over a list, from a folder; every file that is not as listed is a failure.
compare() {
    [ -s "$2" ] || return 0
    (cd "$1" && sha256sum -c "$2") >"$T/said" 2>"$T/why" || {
        grep -v ': OK$' "$T/said" >"$T/off" || :
        [ -s "$T/off" ] || cat "$T/why" >"$T/off"
        fail_each "$T/off"
    }
}
hash_of() { sha256sum <"$1" | cut -d' ' -f1; }
field() { sed -n "s/^# $2 //p" "$1"; }
walk() (
    for path in "$1"/* "$1"/.[!.]* "$1"/..?*; do
        if [ -L "$path" ]; then
            printf '%s\n' "$path" >>"$T/odd"
        elif [ -d "$path" ]; then
            walk "$path"
        elif [ -f "$path" ]; then
            printf '%s\n' "$path"
        elif [ -e "$path" ]; then
            printf '%s\n' "$path" >>"$T/odd"
        fi
    done
)

# --- 1. the bag ------------------------------------------------------------------------------
step "1 bag"
for name in bagit.txt bag-info.txt manifest-sha256.txt tagmanifest-sha256.txt VERIFY.txt verify.sh; do
    [ -f "$name" ] || fail "$name is missing"
done
[ -f manifest-sha256.txt ] && [ -f tagmanifest-sha256.txt ] && [ -d data ] || exit 1
for list in manifest-sha256.txt tagmanifest-sha256.txt; do
    if grep -v '^[0-9a-f]\{64\}  [A-Za-z0-9][A-Za-z0-9._/-]*$' "$list" >"$T/off" || grep '[.][.]' "$list" >>"$T/off"; then
        fail "$list: a line that is not of this form: $(sed -n 1p "$T/off" | cut -c1-100)"
    fi
    compare "$PWD" "$PWD/$list"
done
: >"$T/odd"
walk . | sed 's/^[.]\///' | sort >"$T/here"
cut -c67- manifest-sha256.txt >"$T/named"
cut -c67- tagmanifest-sha256.txt >>"$T/named"
echo tagmanifest-sha256.txt >>"$T/named"
sort "$T/named" >"$T/named.sorted"
comm -23 "$T/here" "$T/named.sorted" | sed 's/$/: no manifest names it/' >"$T/off"
comm -13 "$T/here" "$T/named.sorted" | sed 's/$/: named in a manifest, and not here/' >>"$T/off"
sed 's/$/: a link or special file/' "$T/odd" >>"$T/off"
fail_each "$T/off"
FOUND=$(hash_of manifest-sha256.txt)
[ -z "$MANIFEST" ] || [ "$MANIFEST" = "$FOUND" ] || fail "manifest-sha256.txt: its SHA-256 is $FOUND, not the one given"
[ -n "$MANIFEST" ] || note "give --manifest SHA256, as the dissemination log has it, to know that the manifest is the one made"
done_ "every file is here, is as listed, and no other is"

# --- 2. the seals ----------------------------------------------------------------------------
step "2 seals"
BEFORE=$ZEROS NUMBER=0 LINES=0 LAST=''
: >"$T/listed"
: >"$T/ends"
for path in "$CASE"/seals/[0-9]*.txt; do
    [ -f "$path" ] || { fail "$CASE/seals: there is no seal"; break; }
    NUMBER=$((NUMBER + 1)) LAST=$path
    [ "$(field "$path" number)" = "$NUMBER" ] || fail "$path: its number is not $NUMBER"
    [ "$(field "$path" previous)" = "$BEFORE" ] || fail "$path: '# previous' is not the hash of the seal before it"
    [ "$(field "$path" case)" = "$(field "$CASE/seals/0001.txt" case)" ] || fail "$path: it is of another case"
    [ "$(field "$path" lines)" -gt "$LINES" ] 2>/dev/null || fail "$path: '# lines' does not rise"
    LINES=$(field "$path" lines)
    BEFORE=$(hash_of "$path")
    grep '^[0-9a-f]\{64\}  ' "$path" >"$T/list" || :
    cat "$T/list" >>"$T/listed"
    echo "$LINES $(cut -c67- "$T/list" | grep '^log/' | tail -n 1) $path" >>"$T/ends"
done
case "$LINES" in '' | *[!0-9]*) LINES=0 ;; esac
cut -c67- "$T/listed" | sort >"$T/listed.names"
uniq -d "$T/listed.names" | sed 's/$/: sealed twice/' >"$T/off" && fail_each "$T/off"
sed -n "s#^$CASE/##p" "$T/here" | sort >"$T/papers"
comm -12 "$T/listed.names" "$T/papers" >"$T/both"
awk 'NR == FNR { both[$0]; next } substr($0, 67) in both' "$T/both" "$T/listed" >"$T/check"
compare "$CASE" "$T/check"
comm -23 "$T/listed.names" "$T/papers" | grep "$PAPERS" | sed 's/$/: sealed, and not here/' >"$T/off" || :
fail_each "$T/off"
LEFT=$(comm -23 "$T/listed.names" "$T/papers" | grep -vc "$PAPERS")
note "$LEFT sealed files are not in a package (whole captures, files given, runs): exhibits are checked in step 6"
[ -z "$SEAL" ] || [ "$(printf %s "$SEAL" | sed 's/ //g')" = "$BEFORE" ] || fail "$LAST: its SHA-256 is $BEFORE, not the one given"
done_ "$NUMBER seals, each naming the one before it; the newest is $BEFORE"

# --- 3. the custody log ----------------------------------------------------------------------
step "3 log"
AFTER=$CASE/after-seal.jsonl
cat "$CASE"/log/[0-9]*.jsonl >"$T/log" 2>/dev/null || fail "$CASE/log: there is no log"
# Where a seal says that so many lines end with a segment, they do.
TOTAL=0
for path in "$CASE"/log/[0-9]*.jsonl; do
    [ -f "$path" ] || continue
    TOTAL=$((TOTAL + $(wc -l <"$path")))
    echo "$TOTAL log/${path##*/}" >>"$T/counted"
done
while read -r lines segment path; do
    grep -qx "$lines $segment" "$T/counted" 2>/dev/null || fail "$path: '# lines' is not where $segment ends"
done <"$T/ends"
[ "$TOTAL" -eq "$LINES" ] || fail "$CASE/log: it has $TOTAL lines, $LINES are sealed"
# One small file a line, a few thousand at a time, so that one call of sha256sum hashes them all.
: >"$T/hashes"
mkdir "$T/parts" "$T/lines"
[ ! -s "$T/log" ] || split -a 5 -l 4000 "$T/log" "$T/parts/p"
for part in "$T"/parts/p*; do
    [ -f "$part" ] || continue
    split -a 4 -l 1 "$part" "$T/lines/l"
    (cd "$T/lines" && sha256sum l*) | cut -d' ' -f1 >>"$T/hashes"
    rm -f "$part" "$T"/lines/l*
done
# Objects within a line have keys of their own, such as badges: they are taken out before a key is looked for.
PLAIN='s/"signatures":{[^}]*}/"signatures":0/; s/"files":{[^}]*}/"files":0/'
sed "$PLAIN" "$T/log" | awk '
    { prev = match($0, /[,{]"prev":"[0-9a-f]+"/) ? substr($0, RSTART + 9, 64) : "?"
      seq = match($0, /[,{]"seq":[0-9]+/) ? substr($0, RSTART + 7, RLENGTH - 7) : "?"
      print prev, seq }' >"$T/prevs"
{ echo $ZEROS; cat "$T/hashes"; } >"$T/expected"
paste -d' ' "$T/prevs" "$T/expected" | awk -v folder="$CASE/log" '
    NF == 3 && ($1 != $3 || $2 != NR) && ++off <= 5 { print folder ": line " NR " does not follow the line before it" }
    ' >"$T/off"
fail_each "$T/off"
if [ -f "$AFTER" ]; then
    NEXT=$(sed -n "1{$PLAIN;p;}" "$AFTER")
    case "$NEXT" in
    *"\"action\":\"seal\",\"actor\""*"\"prev\":\"$(tail -n 1 "$T/hashes")\""*"\"sha256\":\"$BEFORE\""*) ;;
    *) fail "$AFTER: its first line is not the one that entered the newest seal" ;;
    esac
else
    fail "$AFTER is missing"
    : >"$T/none"
    AFTER=$T/none
fi
done_ "$TOTAL lines, each naming the hash of the line before it"

# --- 4. officers, signatures -----------------------------------------------------------------
step "4 signatures"
# For each signed file: who signed, at what time it counts, by which officers file, in which role (namespace).
awk -v case_="$CASE" -v tasks="$T/tasks" -v sums="$T/sums" -v stamps="$T/stamps" '
    function text(key) { return match(plain, "[,{]\"" key "\":\"[^\"]*\"") ? substr(plain, RSTART + length(key) + 5, RLENGTH - length(key) - 6) : "" }
    function whole(key) { return match(plain, "[,{]\"" key "\":[0-9]+") ? substr(plain, RSTART + length(key) + 4, RLENGTH - length(key) - 4) : 0 }
    function digits(stamp) { gsub(/[^0-9]/, "", stamp); return substr(stamp, 1, 14) }
    function later(a, b) { return a > b ? a : b }
    function header(file, key,   line, found) {
        found = ""
        while ((getline line < (case_ "/" file)) > 0) if (index(line, "# " key " ") == 1) found = substr(line, length(key) + 4)
        close(case_ "/" file)
        return found
    }
    function author(file,   line, found) {
        found = ""
        while ((getline line < (case_ "/" file)) > 0)
            if (found == "" && match(line, /^ *"by": "[^"]*"/)) { found = substr(line, RSTART, RLENGTH); sub(/^ *"by": "/, "", found); sub(/"$/, "", found) }
        close(case_ "/" file)
        return found
    }
    function task(kind, file, who, when, by, spaces) { print kind, file, who, when "Z", "officers/" by, spaces > tasks }
    BEGIN {
        space["open"] = space["oral"] = space["request"] = space["renew"] = space["close"] = "workbench-request"
        space["approve"] = space["refuse"] = space["ratify"] = "workbench-approve"
        space["assign"] = space["handover"] = "workbench-approve,workbench-request"
        space["decision"] = "workbench-review"; space["release"] = "workbench-release"
        space["restored"] = "workbench-review,workbench-register-second"
        printf "" > tasks; printf "" > sums; printf "" > stamps
    }
    /"action":"(officers|case|seal|seal.signed|seal.stamped|decision|release|restored)",/ {
        plain = $0; sub(/"signatures":[{][^}]*[}]/, "\"signatures\":0", plain)
        action = text("action"); at = digits(text("at")); sha = text("sha256")
        if (action == "officers") { number = sprintf("%04d", whole("number")); file = "officers/" number }
        else if (action == "case") file = sprintf("case/%04d.json", whole("version"))
        else if (action == "seal" || action == "seal.signed") file = sprintf("seals/%04d.txt", whole("seal"))
        else if (action == "seal.stamped") file = sprintf("seals/%04d.%s.tsr", whole("seal"), text("name"))
        else if (action == "restored") file = sprintf("restores/%04d.json", whole("restore"))
        else file = sprintf("%ss/%04d.json", action, whole(action))
        if (sha != "") print sha "  " file > sums
        if (action == "seal.stamped") { print file, sprintf("seals/%04d.txt", whole("seal")), text("name") > stamps; next }
        count = 0; signed = " "
        if (match($0, /"signatures":[{][^}]*[}]/)) {
            list = substr($0, RSTART + 14, RLENGTH - 15); gsub(/"/, "", list)
            count = split(list, pairs, ",")
        }
        if (action == "officers") {
            made[number] = digits(header(file, "at"))
            allowing = previous == "" ? number : previous
            previous = number
        }
        if (action == "seal") { sealed_by[file] = header(file, "by"); sealed_at[file] = later(digits(header(file, "at")), made[previous]); under[file] = previous }
        for (i = 1; i <= count; i++) {
            split(pairs[i], pair, ":"); who = pair[1]; signed = signed who " "
            print pair[2] "  " file "." who ".sig" > sums
            if (action == "officers") task("officers", file, who, made[number], allowing, "workbench-register,workbench-register-second")
            else if (action ~ /^seal/ && who == sealed_by[file]) {
                task("seal", file, who, sealed_at[file], under[file], "workbench-seal")
                if (action == "seal.signed") task("seal", file, who, later(at, made[previous]), previous, "workbench-seal")
            }
            else if (action ~ /^seal/) task("countersigned", file, who, later(at, made[previous]), previous, "workbench-review")
            else task(action, file, who, later(at, made[previous]), previous, action == "case" ? space[text("act")] : space[action])
        }
        if (action !~ /^seal/ && action != "officers") {
            by = author(file)
            if (by == "" || !index(signed, " " by " ")) task("unsigned", file, by == "" ? "?" : by, at, previous, "-")
        }
    }' "$T/log" "$AFTER"
compare "$CASE" "$T/sums"
# What the papers hold beyond the seals' lists must be named by the lines after the newest seal.
{ cut -c67- "$T/sums"; cat "$T/listed.names"; echo "seals/${LAST##*/}"; echo after-seal.jsonl; } | sort -u >"$T/known"
comm -13 "$T/known" "$T/papers" | sed "s#^#$CASE/#; s/\$/: neither a seal nor a line of the log names it/" >"$T/off"
fail_each "$T/off"
REGISTERED='' KEY=''
COUNT=0
: >"$T/signed"
while read -r kind file who when officers spaces; do
    if [ "$kind" = unsigned ]; then
        fail "$CASE/$file: $who, who acted, has not signed it"
        continue
    fi
    good=''
    for space in $(echo "$spaces" | sed 's/,/ /'); do
        ssh-keygen -Y verify -f "$CASE/$officers" -I "$who" -n "$space" -Overify-time="$when" \
            -s "$CASE/$file.$who.sig" <"$CASE/$file" >"$T/said" 2>&1 && { good=$space; break; }
    done
    if [ -z "$good" ]; then
        fail "$CASE/$file.$who.sig: no valid signature by $officers at $when ($(sed -n '$p' "$T/said" | cut -c1-80))"
        continue
    fi
    COUNT=$((COUNT + 1))
    echo "$kind $file" >>"$T/signed"
    if [ "$kind" = officers ] && [ "$good" = workbench-register ]; then
        REGISTERED="$REGISTERED $file"
        [ "$file" != officers/0001 ] || [ -n "$KEY" ] || KEY=$(sed -n 's/.* key \(SHA256:[A-Za-z0-9+/]*\).*/\1/p' "$T/said")
    fi
done <"$T/tasks"
BEFORE_OFFICERS=$ZEROS
for path in "$CASE"/officers/[0-9][0-9][0-9][0-9]; do
    [ -f "$path" ] || { fail "$CASE/officers: there is no officers file"; break; }
    [ "$(field "$path" previous)" = "$BEFORE_OFFICERS" ] || fail "$path: '# previous' is not the hash of the file before it"
    BEFORE_OFFICERS=$(hash_of "$path")
    case "$REGISTERED " in
    *" officers/${path##*/} "*) ;;
    *) fail "$path: no chief of the file before it has signed it" ;;
    esac
done
for path in "$CASE"/seals/[0-9]*.txt; do
    grep -qx "seal seals/${path##*/}" "$T/signed" || note "$path is unsigned: whoever made it had no key at hand"
done
if [ -n "$ROOT" ]; then
    [ "$ROOT" = "$KEY" ] || fail "$CASE/officers/0001: signed by the key $KEY, not by the root given"
else
    note "give --root FINGERPRINT, as the department publishes it: officers/0001 is signed by $KEY"
fi
done_ "$COUNT signatures hold, in the role and at the time of each act"

# --- 5. timestamps ---------------------------------------------------------------------------
step "5 timestamps"
STAMPED=0
while read -r tsr seal name; do
    authority=${CA:-data/certificates}/$name.pem
    if [ ! -f "$authority" ]; then
        note "$CASE/$tsr is not checked: there is no certificate $authority"
        continue
    fi
    # As of its own time: a certificate ends, what it has stamped does not.
    when=$(openssl ts -reply -in "$CASE/$tsr" -text 2>/dev/null | sed -n 's/^Time stamp: //p')
    second=$(date -u -d "$when" +%s 2>/dev/null) || second=''
    if openssl ts -verify -data "$CASE/$seal" -in "$CASE/$tsr" -CAfile "$authority" ${second:+-attime "$second"} >"$T/said" 2>&1; then
        STAMPED=$((STAMPED + 1))
    else
        fail "$CASE/$tsr: openssl ts -verify says no ($(grep -i error "$T/said" | tail -n 1 | cut -c1-100))"
    fi
done <"$T/stamps"
[ -n "$CA" ] || [ $STAMPED -eq 0 ] || note "the certificates are those in this package: compare them with the authority's own, or give --ca FOLDER"
[ $STAMPED -gt 0 ] || note "no timestamp stands behind these seals"
done_ "$STAMPED timestamps hold"

# --- 6. the exhibits -------------------------------------------------------------------------
step "6 exhibits"
sed -n 's#^data/exhibits/##p' "$T/here" >"$T/copies"
grep '"action":"exhibit",' "$T/log" | awk -v copies="$T/copies" -v off="$T/off" -v sums="$T/sums" '
    BEGIN {
        printf "" > off; printf "" > sums
        while ((getline name < copies) > 0)
            if (name ~ /^E[0-9]+[.a-z0-9-]*$/) {
                number = name; sub(/^E/, "", number); sub(/[.].*/, "", number)
                if (number + 0 in held) print "data/exhibits/" name ": a second file of one exhibit" > off
                held[number + 0] = name
            }
            else print "data/exhibits/" name ": not the name of an exhibit" > off
    }
    {
        match($0, /"exhibit":[0-9]+/); number = substr($0, RSTART + 10, RLENGTH - 10) + 0
        match($0, /"sha256":"[0-9a-f]+"/); sha = substr($0, RSTART + 10, 64)
        if (number in held) { print sha "  data/exhibits/" held[number] > sums; delete held[number] }
    }
    END { for (number in held) print "data/exhibits/" held[number] ": no line of the log names it" > off }'
[ -f "$T/off" ] && fail_each "$T/off"
compare "$PWD" "$T/sums"
HELD=$(wc -l <"$T/copies") NAMED=$(grep -c '"action":"exhibit",' "$T/log")
note "$((HELD)) of the $NAMED exhibits that the log names are in this package; index.csv says which are withheld"
done_ "$((HELD)) exhibits are, byte for byte, what the sealed log names"

# --- 7. the release --------------------------------------------------------------------------
step "7 release"
NUMBER=$(sed "$PLAIN" "$AFTER" | sed -n 's/.*"action":"release",.*"release":\([0-9]*\).*/\1/p' | tail -n 1)
RELEASE=$CASE/releases/$(printf %04d "${NUMBER:-0}").json
if [ -f "$RELEASE" ]; then
    grep -q "^ *\"seal_sha256\": \"$BEFORE\"" "$RELEASE" || fail "$RELEASE: it is for another seal"
    grep -q '^ *"kind": "package"' "$RELEASE" || fail "$RELEASE: it is not for a package"
else
    fail "$CASE/releases: the release of this package is not here"
fi
done_ "signed (step 4), for a package as of this seal"

if [ $FAILED -ne 0 ]; then
    echo "FAIL  something is off: see above"
    exit 1
fi
case ${ROOT:+root}${SEAL:+seal} in
rootseal) KNOWN='tied to the root and seal that were given' ;;
root) KNOWN='tied to the root that was given, but to no seal known from elsewhere (--seal)' ;;
seal) KNOWN='tied to the seal that was given, but to no root known from elsewhere (--root)' ;;
*) KNOWN='self-consistent, but not tied to a root and a seal known from elsewhere' ;;
esac
echo "PASS  nothing is off; $KNOWN"
