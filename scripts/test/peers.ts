/**
 * Third-party programs that some tests need: `deno task peers` installs them on Debian or Ubuntu, as
 * root. Those from other registries go into a separate folder, at fixed versions.
 *
 * @module
 */
import { printed, say, script, ScriptFailure } from "../deno.ts";

/**
 * Contains `python`, a virtual environment, `nu`, a package of npm, `go`, programs in Go, and
 * `keycloak`.
 */
export const peersFolder = "/opt/athm-peers";

/** Debian packages by the program that tests name when they skip: `NAME is not installed`. */
const debian: Readonly<Record<string, string>> = {
  zsh: "zsh",
  fish: "fish",
  ksh: "ksh",
  busybox: "busybox-static",
  wget: "wget",
  curl: "curl",
  git: "git",
  unzip: "unzip",
  cc: "gcc libc6-dev",
  mandoc: "mandoc",
  groff: "groff",
  man: "man-db",
  ruby: "ruby",
  skopeo: "skopeo",
  psql: "postgresql-client",
  shellcheck: "shellcheck",
  chromium: "chromium",
  "dbus-run-session": "dbus",
  "gnome-keyring-daemon": "gnome-keyring",
  "secret-tool": "libsecret-tools",
  "ssh-keygen": "openssh-client",
  "AWS CLI v2": "awscli",
  "pkcs11-tool": "opensc",
  "softhsm2-util": "softhsm2",
  swtpm: "swtpm",
  tpm2_sign: "tpm2-tools",
  mvn: "maven",
  java: "default-jre-headless",
  keytool: "default-jre-headless",
  openssl: "openssl",
  SimpleSAMLphp: "simplesamlphp php-cli php-xml php-mbstring php-curl php-sqlite3",
};

const pypi = ["boto3==1.43.11", "awscli==1.45.11", "moto[server]==5.2.1"];

/** Nushell for this machine, from npm. */
export const nushell = `@nushell/linux-${Deno.build.arch === "aarch64" ? "arm64" : "x64"}`;
const nushellVersion = "0.115.1";

/** These require Go 1.24; Debian 12 has 1.19, so that a machine may lack them. */
const goPrograms = [
  "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12",
  "github.com/99designs/aws-vault/v7@v7.2.0",
  "github.com/aws/rolesanywhere-credential-helper@v1.4.0",
];

/** An identity provider from Maven Central, which a machine may be unable to reach. */
const keycloakVersion = "26.4.0";
const keycloak = `org.keycloak:keycloak-quarkus-dist:${keycloakVersion}:zip`;
export const keycloakFolder = `${peersFolder}/keycloak/keycloak-${keycloakVersion}`;

/** What `deno task peers` installs from PyPI and npm, by the same names. */
const others = ["boto3", "AWS CLI v1", "moto", "nu"];

/** The command that installs what a test lacks, given its reason for skipping. */
export function remedy(reason: string): string | undefined {
  const name = reason.replace(/ is not installed$/, "");
  const packages = debian[name];
  if (packages !== undefined) return `apt-get install ${packages}`;
  return others.includes(name) ? "deno task peers" : undefined;
}

async function install(): Promise<void> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) {
    throw new ScriptFailure("installing peers requires Debian or Ubuntu, and root");
  }
  const packages = [...Object.values(debian), "python3-venv"].flatMap((names) => names.split(" "));
  const quiet = { DEBIAN_FRONTEND: "noninteractive" };
  await printed("apt-get", ["update", "-q"], "/", quiet);
  const options = ["install", "-y", "-q", "--no-install-recommends"];
  await printed("apt-get", [...options, ...packages], "/", quiet);
  await Deno.mkdir(`${peersFolder}/nu`, { recursive: true });
  const python = `${peersFolder}/python`;
  await printed("/usr/bin/python3", ["-m", "venv", python], "/");
  await printed(`${python}/bin/pip`, ["install", "-q", ...pypi], "/");
  const pinned = `${nushell}@${nushellVersion}`;
  await printed("npm", ["install", "--silent", "--prefix", `${peersFolder}/nu`, pinned], "/");
  const tools = (await Promise.all(
    goPrograms.map((program) => installGo(program).then(() => [program], ignoring(program))),
  )).flat();
  const providers = await installKeycloak().then(() => [keycloak], ignoring(keycloak));
  say(`installed: ${[...packages, ...pypi, pinned, ...tools, ...providers].join(" ")}`);
}

/** Compiling AWS's helper takes minutes, so a program stays if Go recorded this version in it. */
async function installGo(program: string): Promise<void> {
  const folder = `${peersFolder}/go`;
  const [path = "", version] = program.split("@");
  const [module] = path.split("/cmd/");
  await Deno.mkdir(folder, { recursive: true });
  const built = await printed("go", ["version", "-m", folder], "/");
  if (built.includes(`\tpath\t${path}\n\tmod\t${module}\t${version}\t`)) return;
  await printed("go", ["install", program], "/", { GOBIN: folder });
}

async function installKeycloak(): Promise<void> {
  // Maven notes in the current folder what it unpacked.
  const folder = `${peersFolder}/keycloak`;
  await Deno.mkdir(folder, { recursive: true });
  const options = [`-Dartifact=${keycloak}`, `-DoutputDirectory=${folder}`];
  await printed("mvn", ["-B", "-q", "dependency:unpack", ...options], folder);
}

function ignoring(name: string): (error: unknown) => string[] {
  return (error) => {
    if (!(error instanceof ScriptFailure)) throw error;
    say(`not installed: ${name}: ${error.message}`);
    return [];
  };
}

if (import.meta.main) await script(install);
