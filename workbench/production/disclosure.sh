#!/bin/sh
# Checks this disclosure. It needs openssl and ssh-keygen, and nothing of who made it:
#
#     sh verify.sh [--root SHA256:...] [--seal HEX] [--sums HEX]
#
# --root is the fingerprint of the department's root of trust, --seal that of the seal (all 64 digits, or its
# first 20), --sums that of SHA256SUMS as the dissemination log has it: all from paper or from another hand, not
# from this folder. README.txt says what is proven.
# Exit code 0: all holds. 1: something does not. 2: something could not be checked.
# It is meant to be read. Whoever distrusts this copy of it types the commands of README.txt instead.

LC_ALL=C
export LC_ALL
unset CDPATH
set -u
root= anchor= sums= failed=0 unchecked=0

while [ $# -gt 0 ]; do
    case $1 in
    --root) root=${2-} ;;
    --seal) anchor=$(printf '%s' "${2-}" | tr -d ' ') ;;
    --sums) sums=${2-} ;;
    *) set -- --help ;;
    esac
    if [ $# -lt 2 ]; then
        echo "usage: sh verify.sh [--root SHA256:...] [--seal HEX] [--sums HEX]" >&2
        exit 2
    fi
    shift 2
done
case $0 in */*) cd -- "${0%/*}/" || exit 2 ;; esac

# What this folder says may be hostile: nothing but plain letters reaches the terminal.
say() { printf '%s\n' "$1" | tr -c '[:print:]\n' '?'; }
ok() { say "ok       $1"; }
bad() { say "FAILED   $1"; failed=$((failed + 1)); }
unsure() { say "UNKNOWN  $1"; unchecked=$((unchecked + 1)); }

# digest FILE: its SHA-256, in $hash.
digest() { hash=$(openssl dgst -sha256 -r < "$1" 2> /dev/null); hash=${hash%% *}; }

# is_hash TEXT: whether it is 64 lower-case hexadecimal digits.
is_hash() { [ ${#1} -eq 64 ] && case $1 in *[!0-9a-f]*) false ;; esac; }

# is_number TEXT: whether it is a plain number.
is_number() { case $1 in '' | *[!0-9]* | 0?* | ????????????????*) false ;; esac; }

# bytes HEX: the bytes that the digits stand for.
bytes() {
    left=$1 escapes=
    while [ -n "$left" ]; do
        others=${left#??}
        byte=$((0x${left%"$others"}))
        escapes=$escapes\\$((byte / 64))$((byte / 8 % 8))$((byte % 8))
        left=$others
    done
    printf "$escapes"
}

# node LEFT RIGHT: SHA-256(0x01 || left || right), RFC 6962 section 2.1, in $found.
node() {
    found=$({ printf '\001'; bytes "$1"; bytes "$2"; } | openssl dgst -sha256 -r)
    found=${found%% *}
}

# value TEXT KEY: what stands after "KEY": in a line of the log, in $value.
value() {
    case $1 in *"\"$2\":"*) value=${1#*"\"$2\":"} ;; *) value= ;; esac
    value=${value%%[,\}]*}
    value=${value#\"}
    value=${value%\"}
}

echo "1. The files are those of SHA256SUMS, which the department entered as having left."
listed=' ' count=0 odd=0
for name in * .[!.]* ..?*; do
    case $name in
    exhibits | lines | proofs | seals | officers | certificates) [ -d "$name" ] && [ ! -h "$name" ] && continue ;;
    README.txt | SHA256SUMS | exhibits.txt | signatures.txt | verify.sh) [ -f "$name" ] && [ ! -h "$name" ] && continue ;;
    *) [ -e "$name" ] || [ -h "$name" ] || continue ;;
    esac
    bad "$name is no file or folder of a disclosure"
    odd=1
done
for folder in exhibits lines proofs seals officers certificates; do
    for name in "$folder"/* "$folder"/.[!.]* "$folder"/..?*; do
        [ -e "$name" ] || [ -h "$name" ] || continue
        case ${name#*/} in
        .* | *[!A-Za-z0-9.-]*) ;;
        *) [ -f "$name" ] && [ ! -h "$name" ] && continue ;;
        esac
        bad "$name is no file of a disclosure"
        odd=1
    done
done
# What is no plain file of a plain name is not looked into.
if [ $odd -gt 0 ]; then echo "DOES NOT HOLD: $failed found wrong."; exit 1; fi
# The last line counts too where its line feed is missing, here and below.
while read -r want name || [ -n "$want" ]; do
    listed="$listed$name " count=$((count + 1))
    case /$name/ in */../* | */./* | //*) bad "a name that leads out of this folder: $name" && continue ;; esac
    if [ ! -f "$name" ]; then bad "$name is missing"; continue; fi
    digest "$name"
    [ "$hash" = "$want" ] || bad "$name is not what SHA256SUMS says"
done < SHA256SUMS
for name in * */*; do
    [ -f "$name" ] && [ "$name" != SHA256SUMS ] || continue
    case $listed in *" $name "*) ;; *) bad "$name is not listed in SHA256SUMS" ;; esac
done
[ "$count" -gt 0 ] || bad "SHA256SUMS lists nothing"
digest SHA256SUMS
[ $failed -gt 0 ] || ok "all $count files are those listed"
if [ -z "$sums" ]; then
    echo "         SHA256SUMS itself has the SHA-256 $hash"
elif [ "$sums" = "$hash" ]; then
    ok "SHA256SUMS is the one given with --sums"
else
    bad "SHA256SUMS is not the one given with --sums: its SHA-256 is $hash"
fi

echo "2. The seal."
seal= number= lines= sealed= case_number= sealed_at= by=
for name in seals/*.txt; do
    [ -z "$seal" ] || bad "more than one seal"
    seal=$name
done
if [ ! -f "$seal" ]; then bad "there is no seal"; seal=/dev/null; fi
while IFS= read -r row; do
    case $row in
    '# case '*) case_number=${row#\# case } ;;
    '# number '*) number=${row#\# number } ;;
    '# at '*) sealed_at=${row#\# at } ;;
    '# by '*) by=${row#\# by } ;;
    '# lines '*) lines=${row#\# lines } ;;
    '# root '*) sealed=${row#\# root } ;;
    esac
done < "$seal"
is_number "$lines" && is_number "$number" && is_hash "$sealed" || bad "$seal cannot be read"
is_number "$lines" || lines=0
digest "$seal"
fingerprint=$hash
ok "seal $number of case $case_number: $lines lines, root $sealed"
ok "its fingerprint is $fingerprint"
if [ -z "$anchor" ]; then
    unsure "no fingerprint was given with --seal: compare the one above with the one on paper"
elif [ ${#anchor} -ge 20 ] && [ "${fingerprint#"$anchor"}" != "$fingerprint" ]; then
    ok "it is the one given with --seal"
else
    bad "it is not the one given with --seal"
fi

echo "3. Each exhibit is what its line of the log says, and the seal covers that line."

# walk INDEX SIZE FILE: from $found to the root, RFC 9162 section 2.1.3.2; the hashes beside the way are in FILE.
walk() {
    place=$1 last=$(($2 - 1))
    while IFS= read -r beside || [ -n "$beside" ]; do
        case $beside in '#'*) continue ;; esac
        is_hash "$beside" && [ "$last" -gt 0 ] || return 1
        if [ $((place % 2)) -eq 1 ] || [ "$place" -eq "$last" ]; then
            node "$beside" "$found"
            while [ "$place" -gt 0 ] && [ $((place % 2)) -eq 0 ]; do
                place=$((place / 2)) last=$((last / 2))
            done
        else
            node "$found" "$beside"
        fi
        place=$((place / 2)) last=$((last / 2))
    done < "$3"
    [ "$last" -eq 0 ]
}

# exhibit CITATION FILE: FILE is "withheld" where its bytes stay in the case.
exhibit() {
    line_file=lines/$1.jsonl proof=proofs/$1.txt line=
    if [ ! -f "$line_file" ] || [ ! -f "$proof" ]; then bad "$1: its line or its proof is missing"; return; fi
    IFS= read -r line < "$line_file"
    case $line in '{"action":"exhibit",'*) ;; *) bad "$1: its line names no exhibit"; return ;; esac
    value "$line" exhibit; cited=$value
    value "$line" length; length=$value
    value "$line" sha256; logged=$value
    value "$line" seq; seq=$value
    is_number "$cited" && is_number "$length" && is_number "$seq" && is_hash "$logged" ||
        { bad "$1: its line cannot be read"; return; }
    [ "$1" = "$(printf '%s-E%04d' "$case_number" "$cited")" ] ||
        { bad "$1: its line is that of exhibit $cited, the seal that of case $case_number"; return; }
    stated=
    while IFS= read -r row; do
        case $row in '#'*) stated="$stated$row;" ;; esac
    done < "$proof"
    [ "$stated" = "# workbench-proof/1;# exhibit $1;# line $seq;# lines $lines;# root $sealed;" ] ||
        { bad "$1: its proof is of another line or another seal"; return; }
    if [ "$seq" -lt 1 ] || [ "$seq" -gt "$lines" ]; then bad "$1: line $seq is not under the seal"; return; fi
    # The leaf: SHA-256(0x00 || line), the line with its line feed.
    found=$({ printf '\000'; cat "$line_file"; } | openssl dgst -sha256 -r)
    found=${found%% *}
    if ! walk $((seq - 1)) "$lines" "$proof" || [ "$found" != "$sealed" ]; then
        bad "$1: line $seq does not lead to the root of the seal"
        return
    fi
    if [ "$2" = withheld ]; then
        ok "$1: line $seq is under the seal; SHA-256 $logged; the bytes are withheld"
        return
    fi
    if [ ! -f "$2" ]; then bad "$1: $2 is missing"; return; fi
    digest "$2"
    if [ "$hash" = "$logged" ]; then
        ok "$1: line $seq is under the seal; $2 are the $length bytes that it names"
    else
        bad "$1: $2 is not what line $seq says, $logged"
    fi
}

named=' ' cited_all=' ' count=0 given=0 highest=0
while read -r citation file || [ -n "$citation" ]; do
    case $cited_all in *" $citation "*) bad "exhibits.txt lists $citation twice"; continue ;; esac
    count=$((count + 1)) cited=0
    case $file in
    exhibits/*) given=$((given + 1)) ;;
    withheld) ;;
    *) bad "exhibits.txt cannot be read: $citation"; continue ;;
    esac
    named="$named$file " cited_all="$cited_all$citation "
    exhibit "$citation" "$file"
    is_number "$cited" && [ "$cited" -gt "$highest" ] && highest=$cited
done < exhibits.txt
[ "$count" -gt 0 ] || bad "exhibits.txt lists nothing"
for name in exhibits/* lines/* proofs/*; do
    [ -e "$name" ] || continue
    citation=${name#*/}
    citation=${citation%%.*}
    case $name in
    exhibits/*) case $named in *" $name "*) continue ;; esac ;;
    *) case $cited_all in *" $citation "*) continue ;; esac ;;
    esac
    bad "$name is not listed in exhibits.txt: nothing is proven of it"
done
# README.txt must say of these numbers what was found: those of lines are proven, that of all exhibits is not.
total= others= rest=
while read -r row; do
    case $row in
    *' of the '*' exhibits that seal '*) total=${row#*' of the '} total=${total%% *} said_given=${row%% *} ;;
    *' exhibits of this case and '*' log lines are not here.')
        others=${row%% *} rest=${row#*' case and '} said_lines=${rest#*' of its '}
        said_lines=${said_lines%% *} rest=${rest%% *}
        ;;
    esac
done < README.txt
if is_number "$total" && is_number "$others" && is_number "$rest" && [ "$said_given" = "$given" ] &&
    [ "$total" -ge "$highest" ] && [ "$others" = $((total - count)) ] &&
    [ "$said_lines" = "$lines" ] && [ "$rest" = $((lines - count)) ]; then
    ok "$count of $lines sealed lines are shown, with the bytes of $given exhibits; $rest lines are withheld"
else
    bad "README.txt says other numbers: $count of $lines sealed lines are shown, with the bytes of $given exhibits"
fi

echo "4. The officers: each register is signed by a chief of the one before it, the first by the root of trust."
# digits TIME: 2026-03-02T14:00:00.000000Z as 20260302140000, in $digits.
digits() { digits=$(printf '%s' "${1%.*}" | tr -d 'TZ:-'); }

# signed FILE BADGE NAMESPACE REGISTER DIGITS: whether that signature is good; who signed is in $key.
signed() {
    said=$(ssh-keygen -Y verify -f "$4" -I "$2" -n "$3" -Overify-time="$5"Z -s "$1.$2.sig" < "$1" 2>&1) || return 1
    key=${said##* key }
}

if ! command -v ssh-keygen > /dev/null; then
    unsure "there is no ssh-keygen here: signatures were not checked"
    root_found=
else
    place=0 before=0000000000000000000000000000000000000000000000000000000000000000 allowed=officers/0001 root_found= registers=' '
    for register in officers/[0-9][0-9][0-9][0-9]; do
        place=$((place + 1)) good=
        [ "$register" = "$(printf 'officers/%04d' $place)" ] || bad "$register stands in place of register $place"
        previous= at=
        while IFS= read -r row; do
            case $row in '# previous '*) previous=${row#\# previous } ;; '# at '*) at=${row#\# at } ;; esac
        done < "$register"
        [ "$previous" = "$before" ] || bad "$register does not follow the register before it"
        digits "$at"
        for signature in "$register".*.sig; do
            badge=${signature#"$register".}
            badge=${badge%.sig}
            if signed "$register" "$badge" workbench-register "$allowed" "$digits"; then good=$badge; break; fi
        done
        if [ -n "$good" ]; then
            ok "$register is signed by $good, key $key"
            registers="$registers$register "
        else
            bad "$register: no chief signed it"
        fi
        [ "$place" -gt 1 ] || root_found=${good:+$key}
        digest "$register"
        before=$hash allowed=$register
    done
    if [ -z "$root" ]; then
        unsure "no root of trust was given with --root: compare $root_found with the one on paper"
    elif [ "$root" = "$root_found" ]; then
        ok "that is the root of trust given with --root"
    else
        bad "the root of trust is $root_found, not the one given with --root"
    fi

    echo "5. The seal is signed by the officer who made it."
    own= signers=' '
    while read -r badge namespace moment register || [ -n "$badge" ]; do
        # Only a register that is in the chain of step 4 says who may sign.
        case $registers in *" $register "*) ;; *) register= ;; esac
        case $badge in '' | *[!0-9a-z.-]*) register= ;; esac
        case $moment in *[!0-9]*) register= ;; esac
        if [ -z "$register" ]; then bad "signatures.txt names no badge, time and register: $badge"; continue; fi
        signers="$signers$seal.$badge.sig "
        if [ "$badge" = "$by" ] && [ "$namespace" = workbench-seal ]; then
            # Clause 3.3: the later of two times, that of the seal and that of the register.
            at=
            while IFS= read -r row; do case $row in '# at '*) at=${row#\# at } ;; esac; done < "$register"
            digits "$at"; later=$digits; digits "$sealed_at"
            [ "$digits" -ge "$later" ] || digits=$later
            [ "$digits" = "$moment" ] || { bad "signatures.txt gives another time than the seal"; continue; }
            what=signed
        elif [ "$badge" != "$by" ] && [ "$namespace" = workbench-review ]; then
            what=countersigned
        else
            bad "signatures.txt names a signature that a seal does not have: $badge, $namespace"
            continue
        fi
        if ! signed "$seal" "$badge" "$namespace" "$register" "$moment"; then
            bad "the signature of $badge over the seal does not hold"
            continue
        fi
        ok "the seal is $what by $badge, key $key, as $register allows at $moment UTC"
        [ $what = countersigned ] || own=yes
    done < signatures.txt
    [ -n "$own" ] || bad "the seal is not signed by $by, who made it"
    for name in seals/*.sig; do
        case $signers in *" $name "*) ;; *) bad "$name is not listed in signatures.txt: it was not checked" ;; esac
    done
fi

echo "6. Timestamps of the seal by authorities outside the department."
stamps=0
for stamp in "${seal%.txt}".*.tsr; do
    [ -f "$stamp" ] || continue
    stamps=$((stamps + 1))
    name=${stamp#"${seal%.txt}".}
    name=${name%.tsr}
    if [ ! -f "certificates/$name.pem" ]; then
        unsure "$stamp: no certificate of $name is here; get it from that authority, see README.txt"
    elif openssl ts -verify -data "$seal" -in "$stamp" -CAfile "certificates/$name.pem" > /dev/null 2>&1; then
        ok "$stamp is of the authority in certificates/$name.pem: compare that with the authority's own"
    else
        bad "$stamp is no timestamp of this seal by the authority in certificates/$name.pem"
    fi
done
[ $stamps -gt 0 ] || printf 'none     the time of sealing is the department'"'"'s own word\n'

echo
if [ $failed -gt 0 ]; then
    echo "DOES NOT HOLD: $failed found wrong."
    exit 1
fi
if [ $unchecked -gt 0 ]; then
    echo "Holds as far as it could be checked; $unchecked left open, marked UNKNOWN above."
    exit 2
fi
echo "All holds."
