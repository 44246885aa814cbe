#!/bin/sh
# Puts the files of FOLDER up as a draft of the release whose tag is being built. For a workflow: needs gh, GH_TOKEN,
# GITHUB_REF_NAME and GITHUB_REPOSITORY.
#
#   scripts/draft.sh FOLDER      FOLDER/notes.md is what the page says; all else is put up
set -eu
folder=$1
tag=$GITHUB_REF_NAME
set --
for file in "$folder"/*; do
  [ "${file##*/}" = notes.md ] || set -- "$@" "$file"
done
# 1.2.0rc1 and its like are no release for everybody: programs are not told of them.
case "$tag" in
  *[abc]*|*dev*) before=--prerelease ;;
  *) before= ;;
esac
# shellcheck disable=SC2086
gh release create "$tag" --repo "$GITHUB_REPOSITORY" --draft --verify-tag $before --title "Shopbell ${tag#v}" \
  --notes-file "$folder/notes.md" "$@"
