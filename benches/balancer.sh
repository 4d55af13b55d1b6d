#!/usr/bin/env bash
# Requests per second of processor time: everup balance, nginx and haproxy side by side, over
# the same two backends, each asked in turn by wrk with 64 connections.
#
#   cargo build --release && benches/balancer.sh [SECONDS] [ROUNDS]
#
# Needs nginx, haproxy, wrk and python3. Listens on loopback only, ports 18000 to 18082, and
# ends what it started. Processor time rather than time: on a shared machine the latter says
# more about the neighbours.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-5}
rounds=${2:-5}
everup=${EVERUP:-target/release/everup}
at=$(mktemp -d)
chmod 755 "$at"
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$at"
}
trap finish EXIT

for need in nginx haproxy wrk python3 "$everup"; do
    command -v "$need" >/dev/null || { echo "$need is missing" >&2; exit 1; }
done

mkdir "$at/files"
head -c 1024 /dev/urandom >"$at/files/1k"
head -c 102400 /dev/urandom >"$at/files/100k"
echo ok >"$at/files/health"

common="daemon off; error_log $at/errors; events { worker_connections 8192; }"
for port in 18000 18001; do
    cat >"$at/$port.conf" <<END
worker_processes 1; pid $at/$port.pid; $common
http {
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000;
    open_file_cache max=10; default_type application/octet-stream;
    server { listen 127.0.0.1:$port backlog=4096; root $at/files; }
}
END
    nginx -c "$at/$port.conf" & pids+=($!)
done

cat >"$at/proxy.conf" <<END
worker_processes auto; pid $at/proxy.pid; $common
http {
    access_log off; keepalive_requests 100000000;
    upstream backends {
        random;
        server 127.0.0.1:18000; server 127.0.0.1:18001;
        keepalive 64; keepalive_requests 100000000;
    }
    server {
        listen 127.0.0.1:18080 backlog=4096;
        location / {
            proxy_pass http://backends;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host \$http_host;
            proxy_set_header X-Forwarded-For \$remote_addr;
            proxy_set_header X-Forwarded-Proto \$scheme;
            proxy_set_header X-Forwarded-Host \$http_host;
            proxy_set_header X-Request-Id \$request_id;
            proxy_set_header Forwarded "for=\$remote_addr;host=\$http_host;proto=\$scheme";
        }
    }
}
END
nginx -c "$at/proxy.conf" & nginx=$!; pids+=($nginx)

cat >"$at/haproxy.cfg" <<END
global
    nbthread $(nproc)
    maxconn 4000
defaults
    mode http
    timeout connect 3s
    timeout client 60s
    timeout server 60s
    http-reuse always
frontend visitors
    bind 127.0.0.1:18081
    default_backend backends
backend backends
    balance random
    option forwardfor
    http-request set-header X-Forwarded-Proto http
    http-request set-header X-Forwarded-Host %[req.hdr(Host)]
    http-request set-header X-Request-Id %[uuid()]
    http-request set-header Forwarded for=%[src];host=%[req.hdr(Host)];proto=http
    server a 127.0.0.1:18000 check inter 2s
    server b 127.0.0.1:18001 check inter 2s
END
haproxy -db -f "$at/haproxy.cfg" >/dev/null 2>&1 & haproxy=$!; pids+=($haproxy)

"$everup" balance --listen 127.0.0.1:18082 --backend http://127.0.0.1:18000 \
    --backend http://127.0.0.1:18001 >/dev/null & ours=$!; pids+=($ours)
for port in 18080 18081 18082; do
    for _ in $(seq 50); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && continue 2
        sleep 0.1
    done
    echo "nothing answers on port $port" >&2
    exit 1
done

python3 - "$seconds" "$rounds" "$nginx" "$haproxy" "$ours" <<'END'
import os, re, statistics, subprocess, sys

seconds, rounds = sys.argv[1], int(sys.argv[2])
who = {"nginx": (18080, int(sys.argv[3])), "haproxy": (18081, int(sys.argv[4])),
       "everup": (18082, int(sys.argv[5]))}
tick = os.sysconf("SC_CLK_TCK")

def stat(pid):
    return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()

def cpu(pid):
    """Processor time of a process and its children, in seconds."""
    total = 0
    for one in os.listdir("/proc"):
        if one.isdigit():
            try:
                fields = stat(one)
            except OSError:
                continue
            if int(one) == pid or int(fields[1]) == pid:
                total += int(fields[11]) + int(fields[12])
    return total / tick

def ms(text):
    number, unit = re.match(r"([\d.]+)(\w+)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]

for path in ["1k", "100k"]:
    got = {name: [] for name in who}
    for _ in range(rounds):
        for name, (port, pid) in who.items():
            before = cpu(pid)
            out = subprocess.run(
                ["wrk", "-t1", "-c64", f"-d{seconds}s", "--latency",
                 f"http://127.0.0.1:{port}/{path}"],
                capture_output=True, text=True, check=True).stdout
            bad = re.search(r"Non-2xx.*|Socket errors.*", out)
            if bad:
                sys.exit(f"{name}: {bad.group()}")
            count = int(re.search(r"(\d+) requests in", out).group(1))
            if not count:
                sys.exit(f"{name} answered nothing:\n{out}")
            p99 = re.search(r"99%\s+([\d.]+\w+)", out)
            if not p99:
                sys.exit(f"{name}: wrk says no percentile:\n{out}")
            p99 = ms(p99.group(1))
            got[name].append((count / (cpu(pid) - before), count / float(seconds), p99))
    for name, rows in got.items():
        each, rate, p99 = (sorted(column) for column in zip(*rows))
        print(f"{path:>5} {name:<8} {statistics.median(each):>8.0f} requests/CPU-s "
              f"({each[0]:.0f} to {each[-1]:.0f})  {statistics.median(rate):>7.0f}/s  "
              f"p99 {statistics.median(p99):.2f} ms ({p99[0]:.2f} to {p99[-1]:.2f})")
END
