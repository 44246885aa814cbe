#!/bin/sh
# Proposes what was changed in PATHS as a pull request; does nothing where nothing was:
#
#   scripts/propose.sh BRANCH SUBJECT PATHS...
#
# For a workflow: needs git, gh and GH_TOKEN. The branch is one for all time, so an open request is renewed.
set -eu
cd "$(dirname "$0")/.."
branch=$1
subject=$2
shift 2
if git diff --quiet -- "$@" && [ -z "$(git ls-files --others --exclude-standard -- "$@")" ]; then
  echo "Nothing has changed."
  exit 0
fi
git switch -q -C "$branch"
git add -- "$@"
git -c user.name="github-actions[bot]" -c user.email="41898282+github-actions[bot]@users.noreply.github.com" \
  commit -q -m "$subject"
gh auth setup-git
git push -q --force origin "HEAD:refs/heads/$branch"
if [ -z "$(gh pr list --head "$branch" --state open --json number --jq '.[].number')" ]; then
  gh pr create --head "$branch" --title "$subject" --body "Made by the update workflow. Close and open it again to run the tests."
fi
