/**
 * Package manifests and the installer, generated from the archives' names and checksums.
 *
 * @module
 */
import type { Release } from "./checks.ts";
import { archiveOf, folderOf, type Target } from "./targets.ts";

const about = "Temporary AWS credentials for every login";

/** A finished archive. */
export interface Archive {
  readonly target: Target;
  /** SHA-256, hexadecimal. */
  readonly sum: string;
}

function addressOf({ repository, version }: Release, { target }: Archive): string {
  return `${repository}/releases/download/v${version}/${archiveOf(version, target)}`;
}

/** The Homebrew formula for the macOS and Linux archives; nothing if there are none. */
export function formula(release: Release, archives: readonly Archive[]): string | undefined {
  const part = (name: string) => archives.find(({ target }) => target.name === name);
  const processor = (block: string, archive: Archive | undefined) =>
    archive === undefined ? [] : [
      `    ${block} do`,
      `      url "${addressOf(release, archive)}"`,
      `      sha256 "${archive.sum}"`,
      "    end",
    ];
  const system = (block: string, name: string) => {
    const blocks = [
      ...processor("on_arm", part(`${name}-arm64`)),
      ...processor("on_intel", part(`${name}-x64`)),
    ];
    return blocks.length === 0 ? [] : [`  ${block} do`, ...blocks, "  end", ""];
  };
  const systems = [...system("on_macos", "macos"), ...system("on_linux", "linux")];
  if (systems.length === 0) return undefined;
  return [
    "class Athm < Formula",
    `  desc "${about}"`,
    `  homepage "${release.repository}"`,
    `  version "${release.version}"`,
    '  license "Apache-2.0"',
    "",
    ...systems,
    "  def install",
    '    bin.install "athm"',
    '    man1.install Dir["man/*.1"]',
    '    bash_completion.install "completions/athm.bash" => "athm"',
    '    zsh_completion.install "completions/_athm"',
    '    fish_completion.install "completions/athm.fish"',
    "  end",
    "",
    "  test do",
    '    assert_match version.to_s, shell_output("#{bin}/athm --version")',
    "  end",
    "end",
    "",
  ].join("\n");
}

/** Scoop's processor names. */
const scoopNames: Readonly<Record<string, string>> = {
  "windows-x64": "64bit",
  "windows-arm64": "arm64",
};

/** The Scoop manifest for the Windows archives; nothing if there are none. */
export function scoop(release: Release, archives: readonly Archive[]): string | undefined {
  const architecture: Record<string, unknown> = {};
  for (const archive of archives) {
    const name = scoopNames[archive.target.name];
    if (name === undefined) continue;
    architecture[name] = {
      url: addressOf(release, archive),
      hash: archive.sum,
      extract_dir: folderOf(release.version, archive.target),
    };
  }
  if (Object.keys(architecture).length === 0) return undefined;
  const manifest = {
    version: release.version,
    description: about,
    homepage: release.repository,
    license: "Apache-2.0",
    architecture,
    bin: "athm.exe",
  };
  return JSON.stringify(manifest, undefined, 2) + "\n";
}

/** `install.sh` for this release, from the text of scripts/release/install.sh. */
export function installer(
  template: string,
  { version, repository }: Pick<Release, "version" | "repository">,
): string {
  return template.replaceAll("@VERSION@", version).replaceAll("@REPOSITORY@", repository);
}

/** A Dockerfile for an image with only athm, for both processors; nothing if one is missing. */
export function dockerfile(release: Release, archives: readonly Archive[]): string | undefined {
  const sumOf = (name: string) => archives.find(({ target }) => target.name === name)?.sum;
  const [x64, arm64] = [sumOf("linux-x64"), sumOf("linux-arm64")];
  if (x64 === undefined || arm64 === undefined) return undefined;
  const { repository, version } = release;
  const stage = (docker: string, name: string, sum: string) => [
    `FROM --platform=$BUILDPLATFORM debian:13-slim AS unpacked-${docker}`,
    `ADD --checksum=sha256:${sum} \\`,
    `  ${repository}/releases/download/v${version}/athm-${version}-${name}.tar.gz /athm.tar.gz`,
    "RUN tar -xzf /athm.tar.gz --strip-components=1 -C /usr/local/bin --wildcards '*/athm'",
    "",
  ];
  return [
    `# athm ${version} as an image: docker build -t athm:${version} - < Dockerfile`,
    "# The sums are those of SHA256SUMS; BuildKit compares them.",
    ...stage("amd64", "linux-x64", x64),
    ...stage("arm64", "linux-arm64", arm64),
    "# TARGETARCH is BuildKit's. The image has glibc, libgcc and certificates, no shell, and the user",
    "# nonroot.",
    "FROM unpacked-${TARGETARCH} AS unpacked",
    "FROM gcr.io/distroless/cc-debian13:nonroot",
    "COPY --from=unpacked /usr/local/bin/athm /usr/local/bin/athm",
    'ENTRYPOINT ["athm"]',
    "",
  ].join("\n");
}
