# Read by other scripts (". scripts/apt.sh" from the project's folder): system packages on Debian and its kin.

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# Prints how apt-get may be called here, or fails where it may not.
apt_as() {
  command -v apt-get >/dev/null 2>&1 || return 1
  if [ "$(id -u)" = 0 ]; then
    echo "env DEBIAN_FRONTEND=noninteractive"
  elif command -v sudo >/dev/null 2>&1 && sudo -n true >/dev/null 2>&1; then
    echo "sudo -n env DEBIAN_FRONTEND=noninteractive"
  else
    return 1
  fi
}

# install PACKAGES...: true where they were installed. RUNLEVEL keeps the packages of servers from starting theirs.
refreshed=""
install() {
  as=$(apt_as) || return 1
  say "Installing system packages: $*"
  # shellcheck disable=SC2086
  [ -n "$refreshed" ] || $as apt-get update -qq >&2 || say "No newer lists of packages to be had; using the old ones."
  refreshed=yes
  # shellcheck disable=SC2086
  $as env RUNLEVEL=1 apt-get -o DPkg::Lock::Timeout=600 install -y -qq --no-install-recommends "$@" </dev/null >/dev/null
}

# lacking PACKAGES...: prints those that are not installed.
lacking() {
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$package"
  done
}

# install_lacking PACKAGES...: ends the script with the line to type where it may not.
install_lacking() {
  missing=$(lacking "$@")
  # shellcheck disable=SC2086
  [ -z "$missing" ] || install $missing || fail "missing here: sudo apt-get install --no-install-recommends $missing"
}
