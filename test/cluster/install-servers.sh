#!/usr/bin/env bash
# Builds the real servers that the tests run against, from Go modules, into a cache outside the tree.
#
#   test/cluster/install-servers.sh [kube-apiserver etcd nats-server coredns …]      (default: all four)
#
# What is there already at the right version is left alone, so a second run costs nothing. The folder is printed
# last; KUBEBUILDER_ASSETS (envtest's convention) overrides where kube-apiserver and etcd are looked for.
# Needs Go 1.26 or newer; about 10 minutes on two cores, most of it kube-apiserver and CoreDNS.
set -euo pipefail

KUBERNETES=1.36.3
ETCD=3.6.16
NATS=2.15.2
COREDNS=1.15.0

servers="${ISTHMUS_TEST_SERVERS:-${XDG_CACHE_HOME:-$HOME/.cache}/isthmus/servers}"
mkdir -p "$servers"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# have NAME VERSION: the binary is there, and was built at this version by this script.
have() { [ -x "$servers/$1" ] && [ "$(cat "$servers/$1.version" 2>/dev/null)" = "$2" ]; }
# A binary appears whole or not at all, its version last.
keep() { mv "$1" "$servers/$2.new" && mv "$servers/$2.new" "$servers/$2" && echo "$3" > "$servers/$2.version"; }

# install NAME VERSION PACKAGE@VERSION: for modules that `go install` takes as they are.
install() {
  have "$1" "$2" && return
  echo "building $1 $2" >&2
  GOBIN="$work/bin" CGO_ENABLED=0 go install "$3"
  keep "$work/bin/$(basename "$(sed 's#/v[0-9]*@.*##; s#@.*##' <<< "$3")")" "$1" "$2" # Go names a binary after its folder
}

# etcd's go.mod has replacements as well, so it is built as a dependency of a module made for it.
etcd() {
  have etcd "$ETCD" && return
  echo "building etcd $ETCD" >&2
  mkdir -p "$work/etcd" && cd "$work/etcd"
  go mod init isthmus.test/etcd 2>/dev/null
  go mod edit -require "go.etcd.io/etcd/server/v3@v$ETCD"
  printf 'package tools\n\nimport _ "go.etcd.io/etcd/server/v3/etcdmain"\n' > tools.go
  GOFLAGS=-mod=mod CGO_ENABLED=0 go build -ldflags '-s -w' -o etcd go.etcd.io/etcd/server/v3
  keep etcd etcd "$ETCD"
  cd - >/dev/null
}

# kube-apiserver's own go.mod replaces its staging modules by folders, which `go install` refuses: the same
# replacements are written here with the staging modules' published versions.
kube_apiserver() {
  have kube-apiserver "$KUBERNETES" && return
  echo "building kube-apiserver $KUBERNETES" >&2
  mkdir -p "$work/apiserver" && cd "$work/apiserver"
  go mod init isthmus.test/apiserver 2>/dev/null
  local mod
  mod=$(go mod download -json "k8s.io/kubernetes@v$KUBERNETES" | sed -n 's/^\t"GoMod": "\(.*\)",$/\1/p')
  {
    sed -n 's#^\t*\(replace \)\{0,1\}\(k8s.io/[a-z-]*\) => ./staging/.*#replace \2 => \2 v0.'"${KUBERNETES#1.}"'#p' "$mod"
    echo "require k8s.io/kubernetes v$KUBERNETES"
  } >> go.mod
  printf 'package tools\n\nimport _ "k8s.io/kubernetes/cmd/kube-apiserver/app"\n' > tools.go
  GOFLAGS=-mod=mod CGO_ENABLED=0 go build \
    -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=v$KUBERNETES -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=${KUBERNETES:2:2}" \
    -o kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver
  keep kube-apiserver kube-apiserver "$KUBERNETES"
  cd - >/dev/null
}

for server in "${@:-all}"; do
  case "$server" in
    all) install nats-server "$NATS" "github.com/nats-io/nats-server/v2@v$NATS"
         etcd
         kube_apiserver
         install coredns "$COREDNS" "github.com/coredns/coredns@v$COREDNS" ;;
    nats-server) install nats-server "$NATS" "github.com/nats-io/nats-server/v2@v$NATS" ;;
    etcd) etcd ;;
    kube-apiserver) kube_apiserver ;;
    coredns) install coredns "$COREDNS" "github.com/coredns/coredns@v$COREDNS" ;;
    *) echo "Cannot build \"$server\": not a server of the tests; expected kube-apiserver, etcd, nats-server or coredns" >&2; exit 2 ;;
  esac
done
echo "$servers"
