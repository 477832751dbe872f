# What bin/serve and bin/test share: everything that must be there before Python takes over.
# Sourced by both, with $COMMAND set to what the person called.

CHECKOUT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
HOME_FOLDER=${GOBIERNOABIERTO_HOME:-$CHECKOUT/.run}
PYTHON=/usr/bin/python3 # Debian's own: CKAN 2.11 needs 3.11, and pyenv and the like stand before it in PATH
LOG=$HOME_FOLDER/setup.log
SERVICE_PACKAGES="ca-certificates gcc libc6-dev libmagic1 libpq-dev maven openjdk-17-jdk-headless postgresql python3-dev python3-venv redis-server util-linux"
BROWSER_PACKAGES="chromium-headless-shell fonts-dejavu-core"

# fail MESSAGE: one line, nothing after it.
fail() {
  printf '%s: %s\n' "$COMMAND" "$1" >&2
  exit 1
}

# The cause of a failed step, where the machine can tell it.
cause() {
  local free
  free=$(df -Pk "$HOME_FOLDER" 2>/dev/null | awk 'NR == 2 {print int($4 / 1024)}')
  if [ -n "$free" ] && [ "$free" -lt 50 ]; then
    printf ' (the disk of %s is full: %s MB free)' "$HOME_FOLDER" "$free"
  fi
}

# step WHAT COMMAND...: shows that a long step goes on, keeps what it prints in the log.
step() {
  local what=$1 began=$SECONDS
  shift
  printf '%s ...' "$what"
  (while sleep 5; do printf '.'; done) &
  TICKER=$!
  local code=0
  printf '\n== %s: %s\n' "$(date -Is)" "$*" >>"$LOG" 2>/dev/null
  "$@" >>"$LOG" 2>&1 </dev/null || code=$?
  kill "$TICKER" 2>/dev/null
  wait "$TICKER" 2>/dev/null
  TICKER=
  if [ "$code" -ne 0 ]; then
    printf ' failed\n'
    fail "$what: failed with exit code $code$(cause). Log: $LOG"
  fi
  printf ' %s s\n' $((SECONDS - began))
}
TICKER=
trap '[ -z "$TICKER" ] || kill "$TICKER" 2>/dev/null' EXIT

open_home() {
  mkdir -p "$HOME_FOLDER" 2>/dev/null && touch "$LOG" 2>/dev/null ||
    fail "cannot write in $HOME_FOLDER$(cause): set GOBIERNOABIERTO_HOME to a folder that can be written"
  HOME_FOLDER=$(cd "$HOME_FOLDER" && pwd)
  LOG=$HOME_FOLDER/setup.log
  local free
  free=$(df -Pk "$HOME_FOLDER" | awk 'NR == 2 {print int($4 / 1024)}')
  [ "$free" -ge 200 ] || fail "the disk of $HOME_FOLDER is full: $free MB free, 200 needed. Log: $LOG"
  # bin/serve and bin/test may be started together: one of them sets up, the other waits.
  # What Python compiles is kept, and not in the checkout: otherwise each command compiles all of it again.
  unset PYTHONDONTWRITEBYTECODE
  export PYTHONPYCACHEPREFIX="$HOME_FOLDER/bytecode"
  exec 9>"$HOME_FOLDER/.setup.lock"
  flock -n 9 || { echo "Waiting for another set-up in $HOME_FOLDER" && flock 9; }
}

missing_packages() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
  done
}

# Debian starts a service as soon as its package is there. The machine's own PostgreSQL and Redis are not
# ours: they are neither started now nor, when it was us who brought them, at the next boot.
install_packages() {
  local policy=/usr/sbin/policy-rc.d code=0
  if [ ! -e "$policy" ]; then
    $SUDO sh -c "printf '#!/bin/sh\nexit 101\n' > $policy && chmod 755 $policy"
    trap '$SUDO rm -f /usr/sbin/policy-rc.d; [ -z "$TICKER" ] || kill "$TICKER" 2>/dev/null' EXIT
  else
    policy=
  fi
  $SUDO apt-get update && $SUDO env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "$@" || code=$?
  [ -z "$policy" ] || $SUDO rm -f "$policy"
  local service
  for service in postgresql redis-server; do
    case " $* " in *" $service "*)
      ! command -v systemctl >/dev/null || $SUDO systemctl disable "$service" || true ;;
    esac
  done
  return "$code"
}

need_packages() {
  local missing
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null || fail "this needs Debian 12; missing here: $missing"
  SUDO=
  if [ "$(id -u)" -ne 0 ]; then
    SUDO=sudo
    if ! command -v sudo >/dev/null || ! { sudo -n true 2>/dev/null || { [ -t 0 ] && sudo true; }; }; then
      fail "Debian packages are missing. Run this as root, then try again: apt-get install --no-install-recommends ${missing% }"
    fi
  fi
  # shellcheck disable=SC2086 # a list of words
  step "Debian packages: ${missing% }" install_packages $missing
}

need_tools() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || fail "$tool is missing in PATH, though its Debian package is installed. Log: $LOG"
  done
  [ -x "$PYTHON" ] && "$PYTHON" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' ||
    fail "$PYTHON is not Python 3.11: this needs Debian 12"
}

# done_before NAME KEY: whether step NAME was finished for KEY, a digest of what it depends on.
done_before() { [ "$(cat "$HOME_FOLDER/.done-$1" 2>/dev/null)" = "$2" ]; }
mark_done() { printf '%s\n' "$2" >"$HOME_FOLDER/.done-$1" || fail "cannot write in $HOME_FOLDER$(cause). Log: $LOG"; }
digest() { cat "$@" | sha256sum | cut -d' ' -f1; }

install_python() {
  rm -f "$HOME_FOLDER"/.done-python*
  "$PYTHON" -m venv --clear "$HOME_FOLDER/venv" &&
    "$HOME_FOLDER/venv/bin/pip" install --require-hashes -r "$CHECKOUT/requirements.txt"
}

need_python() {
  local key
  key=$(digest "$CHECKOUT/requirements.txt" <("$PYTHON" -VV))
  if ! done_before python "$key"; then
    step "Python packages (about two minutes)" install_python
    mark_done python "$key"
  fi
  # The Spanish is compiled at install.
  key=$(digest "$CHECKOUT"/{pyproject.toml,setup.py} "$CHECKOUT"/i18n/*.py "$CHECKOUT"/i18n/*/LC_MESSAGES/*.po \
    "$HOME_FOLDER/.done-python")
  if ! done_before package "$key$CHECKOUT"; then
    step "This extension, as an editable package" \
      "$HOME_FOLDER/venv/bin/pip" install --no-deps -e "$CHECKOUT"
    mark_done package "$key$CHECKOUT"
  fi
}

need_python_for_tests() {
  local key
  key=$(digest "$CHECKOUT/requirements-dev.txt" "$HOME_FOLDER/.done-python")
  done_before python-dev "$key" && return
  step "Python packages for the tests" \
    "$HOME_FOLDER/venv/bin/pip" install --require-hashes -r "$CHECKOUT/requirements-dev.txt"
  mark_done python-dev "$key"
}

install_solr() {
  local -x LC_ALL=C.UTF-8 # in the POSIX locale Java finds no path with an accent
  rm -rf "$HOME_FOLDER/solr" && mkdir -p "$HOME_FOLDER/solr/classes" &&
    mvn --batch-mode --no-transfer-progress -f "$CHECKOUT/docker/solr/pom.xml" \
      dependency:copy-dependencies -DoutputDirectory="$HOME_FOLDER/solr/lib" &&
    javac -cp "$HOME_FOLDER/solr/lib/*" -d "$HOME_FOLDER/solr/classes" "$CHECKOUT/docker/solr/SolrServer.java"
}

need_solr() {
  local key
  key=$(digest "$CHECKOUT/docker/solr/pom.xml" "$CHECKOUT/docker/solr/SolrServer.java")
  done_before solr "$key" && return
  step "Solr from Maven Central (70 MB the first time)" install_solr
  mark_done solr "$key"
}

# set_up [tests]: all of the above, in order; quick when there is nothing to do.
set_up() {
  open_home
  local packages=$SERVICE_PACKAGES
  [ "${1:-}" != tests ] || packages="$packages $BROWSER_PACKAGES"
  # shellcheck disable=SC2086 # a list of words
  need_packages $packages
  need_tools java javac mvn redis-server setpriv
  need_python
  [ "${1:-}" != tests ] || need_python_for_tests
  need_solr
  exec 9>&-
}

runner() {
  trap - EXIT
  exec "$PYTHON" "$CHECKOUT/bin/runner" --home "$HOME_FOLDER" "$@"
}
