# Owns one PostgreSQL cluster for as long as standard input stays open.
#
# The process that wants the cluster holds the other end of the pipe. However it ends (a normal exit, Ctrl-C, kill -9),
# the kernel closes the pipe, and the cluster is stopped and its folder removed here.
#
# Arguments: folder with the programs, folder of the cluster, port, settings for the server.
bin=$1 folder=$2 port=$3 settings=$4

# Ctrl-C reaches every process of a terminal; this one must outlive it to clean up.
trap '' INT TERM HUP
cd "$folder" || exit 1

remove() {
    "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1
    cd /
    rm -rf "$folder"
}

if "$bin/initdb" -D "$folder/data" --username=keyfold --pwfile="$folder/password" --auth-local=reject \
    --auth-host=scram-sha-256 --encoding=UTF8 --locale=C --no-sync >"$folder/log" 2>&1 &&
    "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w -t 60 \
        -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories= $settings" start >>"$folder/log" 2>&1; then
    echo ready
    cat >/dev/null
    remove
else
    tail -n 20 "$folder/log"
    remove
    exit 1
fi
