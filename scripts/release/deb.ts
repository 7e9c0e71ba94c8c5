import { type Packed, tarGz } from "./archive.ts";
import type { Release } from "./checks.ts";
import type { Target } from "./targets.ts";

/** Debian's processor names, for the targets that have a package. */
const architectures: Readonly<Record<string, string>> = {
  "linux-x64": "amd64",
  "linux-arm64": "arm64",
};

/** Where a file of the archive goes on a Debian system. */
const places: readonly (readonly [RegExp, string])[] = [
  [/^athm$/, "usr/bin/athm"],
  [/^LICENSE$/, "usr/share/doc/athm/copyright"],
  [/^man\/(.+\.1)$/, "usr/share/man/man1/$1"],
  [/^completions\/athm\.bash$/, "usr/share/bash-completion/completions/athm"],
  [/^completions\/_athm$/, "usr/share/zsh/vendor-completions/_athm"],
  [/^completions\/athm\.fish$/, "usr/share/fish/vendor_completions.d/athm.fish"],
];

/** A package's name and bytes. */
export type Package = readonly [name: string, bytes: Uint8Array<ArrayBuffer>];

/**
 * The Debian package of a target (deb(5)); nothing for a target without one. The same files and time
 * give the same bytes.
 *
 * @param files as in the archive, without its folder
 */
export async function debianPackage(
  { version, time, repository }: Pick<Release, "version" | "time" | "repository">,
  { name }: Target,
  files: readonly Packed[],
): Promise<Package | undefined> {
  const architecture = architectures[name];
  if (architecture === undefined) return undefined;
  const installed = files.flatMap((file) => {
    const place = places.find(([pattern]) => pattern.test(file.path));
    return place ? [{ ...file, path: `./${file.path.replace(...place)}` }] : [];
  });
  const kibibytes = Math.ceil(installed.reduce((sum, { bytes }) => sum + bytes.length, 0) / 1024);
  const control = [
    "Package: athm",
    `Version: ${version.replace("-", "~")}`,
    "Section: utils",
    "Priority: optional",
    `Architecture: ${architecture}`,
    "Depends: libc6 (>= 2.27), libgcc-s1 | libgcc1",
    "Recommends: ca-certificates",
    `Installed-Size: ${kibibytes}`,
    `Maintainer: the athm authors <${repository}>`,
    `Homepage: ${repository}`,
    "Description: temporary AWS credentials for every login",
    " athm turns a login into temporary AWS credentials, keeps them encrypted, renews",
    " them and passes them to programs.",
    "",
  ].join("\n");
  const text = (path: string, content: string): Packed => ({
    path,
    bytes: new TextEncoder().encode(content),
    executable: false,
  });
  const members: readonly Package[] = [
    ["debian-binary", new TextEncoder().encode("2.0\n")],
    ["control.tar.gz", await tarGz([text("./control", control)], time)],
    ["data.tar.gz", await tarGz(installed, time)],
  ];
  return [`athm_${version}_${architecture}.deb`, ar(members, time)];
}

/** A System V archive (ar(5)) of files owned by root. */
function ar(members: readonly Package[], time: number): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const parts = [encoder.encode("!<arch>\n")];
  for (const [name, bytes] of members) {
    const fields = [[name, 16], [`${time}`, 12], ["0", 6], ["0", 6], ["100644", 8]] as const;
    const head = fields.map(([text, width]) => text.padEnd(width)).join("") +
      `${bytes.length}`.padEnd(10) + "`\n";
    parts.push(encoder.encode(head), bytes, encoder.encode(bytes.length % 2 === 1 ? "\n" : ""));
  }
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
