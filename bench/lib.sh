# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What compare, syscalls, idle and jmh share: the tools, the build, the contenders, the machine header. To be sourced.
# Every process is started by `start` or `in_background`, noted, and ended by its own id when the script ends, however it ends.

set -euo pipefail
export LC_ALL=C PATH=$PATH:/usr/sbin

bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$bench")
app=$bench/target/app
command_line="bench/$(basename "$0")${*:+ $*}"

server_core=0
load_core=1
first_port=28080

say() { echo "$*" >&2; }

fail() {
    say "$(basename "$0"): $*"
    exit 1
}

# ---- what has to be there

# need COMMAND...: installs what is missing from Debian's packages where that is possible.
need() {
    local command missing=()
    for command in "$@"; do
        command -v "$command" >/dev/null || missing+=("$command")
    done
    [ ${#missing[@]} = 0 ] && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing ${missing[*]} ..."
        local packages=()
        for command in "${missing[@]}"; do
            case $command in
                mvn) packages+=(maven) ;;
                taskset) packages+=(util-linux) ;;
                gcc) packages+=(gcc libc6-dev) ;;
                *) packages+=("$command") ;;
            esac
        done
        # nginx comes with a service: invoke-rc.d(8) starts none in runlevel 1.
        { apt-get update -q && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
            "${packages[@]}"; } >&2 || fail "could not install ${packages[*]}"
    else
        fail "needed and not found: ${missing[*]} (apt-get install wrk nginx strace gcc libc6-dev maven curl)"
    fi
}

find_jdk() {
    local release
    for release in "${MILLRACE_JAVA_HOME:-/none}"/release "${JAVA_HOME:-/none}"/release /usr/lib/jvm/*/release /opt/*/release \
        "${HOME:-/none}"/.sdkman/candidates/java/*/release "${HOME:-/none}"/.jdks/*/release; do
        jdk=${release%/release}
        [ -x "$jdk/bin/javac" ] && grep -Eq '^JAVA_VERSION="(2[5-9]|[3-9][0-9])' "$release" && return
    done
    fail "no JDK 25 or newer found: set JAVA_HOME"
}

build() {
    local jar=$app/millrace-bench.jar
    [ ! -e "$jar" ] || [ -n "$(find "$root/pom.xml" "$root"/*/pom.xml "$root"/*/*/pom.xml "$root"/*/src/main "$root"/*/*/src/main -newer "$jar" -print -quit)" ] || return 0
    say "building (mvn package without tests) ..."
    rm -rf "$app"
    (cd "$root" && JAVA_HOME=$jdk mvn -q -B -ntp -pl bench -am -DskipTests -Dspotless.check.skip=true package </dev/null >&2) || fail "the build failed"
}

# build_reference [PROGRAM [FLAG...]]: compiles a C server of bench/c, the one over epoll if none is named.
build_reference() {
    local name=${1:-epoll_server} program
    shift || true
    program=$bench/target/$name
    [ ! -e "$program" ] || [ "$bench/c/$name.c" -nt "$program" ] || [ "$bench/c/answer.h" -nt "$program" ] || return 0
    gcc -O2 -Wall -Wextra -o "$program" "$bench/c/$name.c" "$@" || fail "the C reference $name does not compile"
}

# The same over a ring; Debian's liburing-dev is installed for it where that is possible.
build_ring_reference() {
    [ -e /usr/include/liburing.h ] || { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get install -y -q liburing-dev >&2; } ||
        fail "needed and not found: liburing (apt-get install liburing-dev)"
    build_reference uring_server -luring
}

# millrace_flags [CHECKOUT]: the flags of the launcher, taken from it so that the two cannot drift apart, plus its default collector.
millrace_flags() {
    local flags
    flags=$(sed -n 's/^flags="\(-.*\)"$/\1/p' "${1:-$root}/millrace")
    [ -n "$flags" ] || fail "the launcher has no line flags=\"...\" any more: look after millrace_flags in bench/lib.sh"
    echo "-XX:+UseSerialGC $flags"
}

# What suits Netty best; docs/bench/README.md says how that was found. NETTY_FLAGS in the environment tries others.
netty_flags() {
    echo "${NETTY_FLAGS:--XX:+UseSerialGC} -XX:+UseCompactObjectHeaders --enable-native-access=ALL-UNNAMED" \
        "--sun-misc-unsafe-memory-access=allow -Dio.netty.buffer.checkBounds=false -Dio.netty.buffer.checkAccessible=false"
}

# ---- processes

declare -A pid=()      # contender: the process that is measured
declare -A port=()     # contender: where it listens
declare -A question=() # JVM: descriptor for lines to its standard input
declare -A classes=()  # JVM: where its jars lie, if not where this checkout's do
declare -A answer=()   # JVM: descriptor for lines from its standard output
children=()            # every process started here that was not ended yet
work=

open_work() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/millrace-bench.XXXXXX")
    chmod 755 "$work"
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    trap close_work EXIT
    # 10,000 connections and what else a process has open, in both ends.
    ulimit -n 20000 2>/dev/null || [ "$(ulimit -n)" -ge 11000 ] || say "warning: few descriptors allowed ($(ulimit -n))"
}

close_work() {
    trap '' INT TERM HUP
    stop_all
    rm -rf "$work"
}

# Ends a child of this script: politely, then for sure.
end_child() {
    local child=$1 tries rest=() other
    kill "$child" 2>/dev/null || true
    for ((tries = 0; tries < 50; tries++)); do
        kill -0 "$child" 2>/dev/null || break
        sleep 0.1
    done
    kill -KILL "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
    for other in "${children[@]}"; do [ "$other" = "$child" ] || rest+=("$other"); done
    children=("${rest[@]}")
}

stop_all() {
    local child name
    for child in "${children[@]}"; do end_child "$child"; done
    for name in "${!question[@]}"; do exec {question[$name]}>&- {answer[$name]}>&-; done
    pid=() question=() answer=() port=()
}

# in_background COMMAND...: its process id is in $child.
in_background() {
    "$@" &
    child=$!
    children+=("$child")
}

# start_jvm NAME CORE ARGUMENT...: a JVM that can be asked. Its process id is in $child.
start_jvm() {
    local name=$1 core=$2 to from
    shift 2
    mkfifo "$work/$name.in.$port_count" "$work/$name.out.$port_count"
    exec {to}<>"$work/$name.in.$port_count" {from}<>"$work/$name.out.$port_count"
    question[$name]=$to
    answer[$name]=$from
    taskset -c "$core" "$jdk/bin/java" -cp "${classes[$name]:-$app}/*" "$@" <"$work/$name.in.$port_count" >"$work/$name.out.$port_count" \
        2>>"$work/$name.err" &
    child=$!
    children+=("$child")
}

# ask NAME LINE: the answer is in $reply.
ask() {
    echo "$2" >&"${question[$1]}"
    read -r -t 120 reply <&"${answer[$1]}" || fail "$1 did not answer to '$2': $(tail -n 3 "$work/$1.err")"
}

# The engine of a contender millrace-SOMETHING, by its name in Java.
engine() {
    case $1 in
        millrace-uring) echo io_uring ;;
        *) echo "${1#millrace-}" ;;
    esac
}

# start CONTENDER [JVM FLAG...]: starts it on the server's core and waits until it answers.
port_count=0
start() {
    local name=$1
    shift
    # A port of its own for each start, so that no connection of the one before is left over; not one where somebody answers.
    while port_count=$((port_count + 1)) && (exec 3<>"/dev/tcp/127.0.0.1/$((first_port + port_count))") 2>/dev/null; do :; done
    port[$name]=$((first_port + port_count))
    # shellcheck disable=SC2046 # flags are words
    case $name in
        c) in_background taskset -c "$server_core" "$bench/target/epoll_server" "${port[$name]}" ;;
        c-uring) in_background taskset -c "$server_core" "$bench/target/uring_server" "${port[$name]}" ;;
        millrace) start_jvm "$name" "$server_core" $(millrace_flags) "$@" io.millrace.bench.MillraceServer "${port[$name]}" \
            ${folder:+"$folder"} ;;
        millrace-*) start_jvm "$name" "$server_core" $(millrace_flags) "$@" "-Dengine=$(engine "$name")" \
            io.millrace.bench.MillraceServer "${port[$name]}" ${folder:+"$folder"} ;;
        before | before-uring)
            classes[$name]=$before/bench/target/app
            start_jvm "$name" "$server_core" $(millrace_flags "$before") "$@" "-Dengine=$([ "$name" = before ] && echo epoll || echo io_uring)" \
                io.millrace.bench.MillraceServer "${port[$name]}" ${folder:+"$folder"}
            ;;
        netty) start_jvm "$name" "$server_core" $(netty_flags) "$@" io.millrace.bench.NettyServer "${port[$name]}" ;;
        netty-uring) start_jvm "$name" "$server_core" $(netty_flags) "$@" io.millrace.bench.NettyServer "${port[$name]}" io_uring ;;
        nginx | nginx-cache)
            nginx_configuration "$name" >"$work/$name.conf"
            in_background taskset -c "$server_core" nginx -p "$work" -e "$work/$name.err" -c "$work/$name.conf"
            ;;
        *) fail "unknown contender: $name (millrace, millrace-uring, millrace-epoll-lt and other engines, netty, netty-uring, nginx, nginx-cache, c, c-uring)" ;;
    esac
    pid[$name]=$child
    await_answer "$name"
    case $name in
        nginx*) pid[$name]=$(awk '{ print $1 }' "/proc/$child/task/$child/children") ;;
    esac
}

await_answer() {
    local tries
    for ((tries = 0; tries < 300; tries++)); do
        curl -s -o /dev/null "http://127.0.0.1:${port[$1]}/" && return
        kill -0 "${pid[$1]}" 2>/dev/null || break
        sleep 0.1
    done
    fail "$1 does not answer on port ${port[$1]}: $(tail -n 3 "$work/$1.err" 2>/dev/null)"
}

nginx_configuration() {
    cat <<-END
	$([ "$(id -u)" != 0 ] || echo 'user root;')
	daemon off;
	worker_processes 1;
	worker_rlimit_nofile 20000;
	pid $work/$1.pid;
	error_log $work/$1.err crit;
	events {
	    use epoll;
	    worker_connections 16384;
	}
	http {
	    access_log off;
	    server_tokens off;
	    sendfile on;
	    tcp_nopush on;
	    tcp_nodelay on;
	    keepalive_timeout 600s;
	    keepalive_requests 1000000000;
	    types { }
	    default_type application/octet-stream;
	    client_body_temp_path $work/$1.body;
	    proxy_temp_path $work/$1.proxy;
	    fastcgi_temp_path $work/$1.fastcgi;
	    uwsgi_temp_path $work/$1.uwsgi;
	    scgi_temp_path $work/$1.scgi;
	    $([ "$1" = nginx ] || echo 'open_file_cache max=1000 inactive=60s; open_file_cache_valid 30s; open_file_cache_min_uses 1;')
	    server {
	        listen 127.0.0.1:${port[$1]} backlog=4096;
	        location = / {
	            default_type text/plain;
	            return 200 "Hello, World!";
	        }
	        location /files/ {
	            alias ${folder:-$work}/;
	        }
	    }
	}
	END
}

# The files that the static scenarios ask for: old enough to be trusted by a cache that goes by their time.
make_files() {
    folder=$work/files
    mkdir "$folder"
    head -c 1024 /dev/urandom >"$folder/1k.bin"
    head -c 65536 /dev/urandom >"$folder/64k.bin"
    head -c 10485760 /dev/urandom >"$folder/10m.bin"
    touch -d '1 hour ago' "$folder"/*
}

# ---- load

# load CONNECTIONS SECONDS SCRIPT URL: the result line is in $result: requests microseconds errors.
load() {
    in_background taskset -c "$load_core" wrk -t1 -c"$1" -d"$2s" --timeout 10s -s "$bench/wrk/$3.lua" "$4" >"$work/wrk.out" \
        2>"$work/wrk.err"
    local code=0 other rest=()
    wait "$child" || code=$?
    for other in "${children[@]}"; do [ "$other" = "$child" ] || rest+=("$other"); done
    children=("${rest[@]}")
    [ $code = 0 ] || fail "wrk failed: $(tail -n 3 "$work/wrk.err")"
    result=$(sed -n 's/^RESULT //p' "$work/wrk.out")
    [ -n "$result" ] || fail "wrk gave no result: $(tail -n 5 "$work/wrk.out")"
}

# warm_up CONTENDER CPU-SECONDS CONNECTIONS SCRIPT PATH: CPU time and not time on the wall, since on a busy machine the JIT
# compiler, which shares the server's core, gets the less done the busier it is. What is compiled beforehand needs little.
warm_up() {
    local hz user system url=http://127.0.0.1:${port[$1]}$5
    hz=$(getconf CLK_TCK)
    [ "$2" != 0 ] || return 0
    load "$3" 2 "$4" "$url"
    [ -n "${question[$1]:-}" ] || return 0
    while read -r user system < <(cpu "${pid[$1]}") && [ $((user + system)) -lt $(($2 * hz)) ]; do load "$3" 2 "$4" "$url"; done
}

# cpu PID: user and system time so far in ticks; fields 14 and 15 of proc(5) stat, counted behind the name in parentheses.
cpu() {
    local fields
    fields=$(<"/proc/$1/stat")
    # shellcheck disable=SC2086 # fields are words
    set -- ${fields##*) }
    echo "${12}" "${13}"
}

# The head of an answer, without carriage returns: head CONTENDER PATH BODY-FILE
answer_head() {
    curl -s -D - -o "$3" "http://127.0.0.1:${port[$1]}$2" | tr -d '\r'
}

# ---- the report

# Who measured what on which machine; with `peers` as argument what the contenders and the load are, too.
machine_header() {
    cat <<-END
	| | |
	|---|---|
	| when | $(date -u '+%F %H:%M UTC') |
	| command | \`$command_line\` |
	| Millrace | revision $revision; \`$(millrace_flags)\` |
	| kernel | $(uname -srm) |
	| processor | $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc --all) cores |
	| memory | $(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo) |
	| load average before | $load_before |
	| JDK | $("$jdk/bin/java" -version 2>&1 | sed -n 2p) |
	END
    [ "${1:-}" = peers ] || return 0
    cat <<-END
	| Netty | $(sed -n 's:.*<netty.version>\(.*\)</netty.version>.*:\1:p' "$bench/pom.xml"), native epoll or io_uring; \`$(netty_flags)\` |
	| nginx | $(nginx -v 2>&1 | sed 's/.*: //'), one worker |
	| C | $(gcc --version | head -n 1), -O2 |
	| pinned | server on core $server_core, load on core $load_core |
	| load | $(wrk -v 2>&1 | head -n 1 | sed 's/ Copyright.*//'), one thread |
	END
}

# report_file NAME: where the report goes, unless --out said where; never over an earlier one.
report_file() {
    local day number=1
    [ -z "${out:-}" ] || { echo "$out"; return; }
    day=$(date -u +%F)
    mkdir -p "$root/docs/bench"
    while [ -e "$root/docs/bench/$day-$1$([ $number = 1 ] || echo "-$number").md" ]; do number=$((number + 1)); done
    echo "$root/docs/bench/$day-$1$([ $number = 1 ] || echo "-$number").md"
}

# Before the report itself is a change.
revision=$(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo none)
[ -z "$(git -C "$root" --no-optional-locks status --porcelain 2>/dev/null | head -n 1)" ] || revision="$revision, with changes"
load_before=$(cut -d' ' -f1-3 /proc/loadavg)
[ "$(nproc --all)" -ge 2 ] || fail "needs two cores: one for the server, one for the load"
