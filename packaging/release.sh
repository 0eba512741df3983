#!/usr/bin/env bash
# Checks the tree, packs every package, lists what is in them, and writes checksums: artifacts/packages is then what is published.
#   packaging/release.sh [VERSION_SUFFIX]     without a suffix, the version of Directory.Build.props itself
# SKIP_CI=1 leaves out .ci/run, where that has just passed for the same commit.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
suffix=${1:-}
out=artifacts/packages
prefix=$(sed -nE 's/.*<VersionPrefix>(.*)<\/VersionPrefix>.*/\1/p' Directory.Build.props)
version=$prefix${suffix:+-$suffix}

[ -z "$(git status --porcelain)" ] || { echo "commit first: packages name the commit that they were built from"; exit 1; }
if [ -z "$suffix" ] && ! grep -qE "^## \[$prefix\] - [0-9]{4}-[0-9]{2}-[0-9]{2}$" CHANGELOG.md; then
  echo "CHANGELOG.md has no section '## [$prefix] - YYYY-MM-DD'"
  exit 1
fi
[ -n "${SKIP_CI:-}" ] || .ci/run

rm -rf "$out"
dotnet pack TinyGpt.sln -c Release -o "$out" -p:TinyGptNet11=true -p:ContinuousIntegrationBuild=true ${suffix:+-p:VersionSuffix=$suffix}

# The bill of materials: every package that a shipped project brings along, with its version.
tools=artifacts/tools
[ -x "$tools/dotnet-CycloneDX" ] || dotnet tool install CycloneDX --version 6.3.1 --tool-path "$tools"
for project in native-free-kernels/*/*.csproj src/*/*.csproj tools/TinyGpt.Cli/TinyGpt.Cli.csproj; do
  grep -q '<IsPackable>false' "$project" && continue
  id=$(dotnet msbuild "$project" -getProperty:PackageId)
  "$tools/dotnet-CycloneDX" "$project" --output-format Json --output "$out" --disable-package-restore --exclude-dev \
    --set-name "$id" --set-version "$version" --filename "$id.$version.cdx.json" > /dev/null
done

(cd "$out" && sha256sum -- * > SHA256SUMS)
echo "$out:"
ls -l "$out"
echo "Set LastReleasedVersion to $version in Directory.Build.props after publishing."
