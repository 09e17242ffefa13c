# Looks at an agent's tree and packs what is new in it. Runs in the sandbox, started by keep.py:
#
#     sh -c "$(cat collect.sh)" collect OUT TREE MIRROR_OBJECTS BASE FORMAT MAX_BYTES [KNOWN ...]
#
# The agent's repository is read, never used: a scratch repository of our own borrows its objects and copies its refs,
# so that none of its configuration, hooks, filters or index flags has a say. OUT/index is a copy of the index as Ploeg
# checked the tree out; OUT/bundle is the result, without what BASE and the KNOWN commits have already. Standard output is a line `HEAD TREE SNAPSHOT-or-dash PACKED WHOLE`
# and then the names of the uncommitted files, each ended by a NUL.
set -eu
out=$1 tree=$2 mirror=$3 base=$4 format=$5 max_bytes=$6
shift 6
known=$*
ulimit -f $((max_bytes / 512 + 1))
scratch=$out/scratch
whole=yes
agents=$tree/.git
[ -d "$agents" ] || agents=$(git -C "$tree" rev-parse --absolute-git-dir 2>/dev/null) || agents=$out/none

git init -q --bare --template= --object-format="$format" "$scratch"
mkdir -p "$scratch/objects/info"
printf '%s\n%s\n' "$mirror" "$agents/objects" >"$scratch/objects/info/alternates"
for name in HEAD packed-refs refs; do
    [ ! -e "$agents/$name" ] || cp -R "$agents/$name" "$scratch/" 2>/dev/null || true
done
find "$scratch" ! -type d ! -type f -delete
[ -f "$scratch/HEAD" ] || echo 'ref: refs/heads/nothing' >"$scratch/HEAD"
export GIT_DIR="$scratch" GIT_WORK_TREE="$tree" GIT_INDEX_FILE="$out/index"
cd "$tree"
git rev-parse -q --verify "$base^{tree}" >/dev/null

head=$(git rev-parse -q --verify HEAD 2>/dev/null) || head=$base
git rev-list --objects --quiet "$head" --not "$base" 2>/dev/null || { head=$base whole=no; }

# What is not committed. A repository inside the tree is kept as files: git would only note its commit.
set --
[ ! -f "$agents/info/exclude" ] || [ -L "$agents/info/exclude" ] || set -- -c core.excludesFile="$agents/info/exclude"
add() {
    rm -f "$out/index.lock"
    git "$@" add -A --ignore-errors --pathspec-from-file="$out/paths" 2>"$out/add.err" || [ $? = 1 ]
}
echo . >"$out/paths"
add "$@" || {
    # Files that are larger than all that may be taken over stay behind, and the rest is kept.
    find . -name .git -prune -o -type f -size +"$((max_bytes / 1024))k" -print | while IFS= read -r path; do
        git "$@" check-ignore -q -- "$path" || printf ':(exclude,literal)%s\n' "${path#./}"
    done >>"$out/paths"
    [ "$(wc -l <"$out/paths")" = 1 ] || whole=no
    add "$@"
} || {
    # Attributes that git cannot follow; without them the files are kept byte by byte.
    mkdir -p "$scratch/info"
    echo '* -text -eol -ident -filter -working-tree-encoding' >"$scratch/info/attributes"
    add "$@"
}
others=$(git "$@" ls-files --others --directory --exclude-standard | sed 's/\/$//')
{
    git ls-files -s | sed -n 's/^160000 [^	]*	//p'
    printf '%s\n' "$others"
} | while IFS= read -r path; do
    [ -d "$path/.git" ] || [ -f "$path/.git" ] || continue
    ! git rev-parse -q --verify "$base:$path" >/dev/null 2>&1 || continue
    git update-index --force-remove -- "$path"
    find "./$path" -name .git -prune -o \( -type f -o -type l \) -print0 | git update-index --add -z --stdin || true
done 2>>"$out/add.err"
! grep -q '^error\|^fatal' "$out/add.err" || git diff-files --quiet || whole=no
[ -z "$others" ] || ! git "$@" ls-files --others --exclude-standard | grep -q -v '/$' || whole=no
snapshot=-
now=$(git write-tree)
committed=$(git rev-parse "$head^{tree}")
if [ "$now" != "$committed" ]; then
    # The same files on the same commit make the same snapshot, whenever that is.
    GIT_AUTHOR_DATE=$(git show -s --format='%ct +0000' "$head")
    export GIT_AUTHOR_DATE GIT_COMMITTER_DATE="$GIT_AUTHOR_DATE"
    snapshot=$(git commit-tree -p "$head" -m 'Files that the agent had not committed' "$now")
    git update-ref refs/ploeg/snapshot "$snapshot"
fi

# What is new, other branches and the stash included; one that is broken must not keep the rest from being kept.
git update-ref refs/ploeg/head "$head"
[ ! -e "$scratch/refs/stash" ] || git update-ref refs/heads/ploeg-stash refs/stash 2>/dev/null || true
git for-each-ref --merged="$head" --format='delete %(refname)' refs/heads 2>/dev/null | git update-ref --stdin || true
set -- refs/ploeg/head
[ "$snapshot" = - ] || set -- "$@" refs/ploeg/snapshot
news() { git rev-list --count "$@" --not "$base" $known 2>/dev/null || echo 1; }
pack() { packed=yes && git bundle create -q "$out/bundle" "$@" --not "$base" $known 2>>"$out/bundle.err"; }
packed=no
[ "$(news "$@" --branches)" = 0 ] || pack "$@" --branches || pack "$@" || {
    # Too much, most likely, and the files that nobody committed are what can be done without.
    cat "$out/bundle.err" >&2
    snapshot=- whole=no packed=no
    [ "$(news refs/ploeg/head)" = 0 ] || pack refs/ploeg/head
}
printf '%s %s %s %s %s\n' "$head" "$committed" "$snapshot" "$packed" "$whole"
{
    [ "$now" = "$committed" ] || git diff-tree -r -z --name-only --no-renames "$head" "$now"
    [ "$whole" = yes ] || git diff-files -z --name-only
    [ "$whole" = yes ] || git ls-files --others --exclude-standard -z
} | head -c 65536
rm -rf "$scratch"
