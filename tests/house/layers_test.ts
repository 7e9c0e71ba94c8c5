// Enforces docs/architecture.md: which folder may import which, and where the outside world is
// accessed.

import assert from "node:assert/strict";
import { formats } from "../../src/formats/all_formats.ts";
import { sources } from "../../src/sources/all_sources.ts";
import { circlesIn, foldersOf, type ImportGraph } from "../support/circles.ts";

/** Folders by rank; each imports only folders of lower rank, and its own files. */
const ranks: Readonly<Record<string, number>> = {
  model: 0,
  system: 1,
  line: 2,
  audit: 2,
  aws: 2,
  signin: 2,
  store: 2,
  formats: 2,
  delivery: 2,
  screen: 2,
  sources: 3,
  migration: 4,
  session: 4,
  doctor: 5,
  tokens: 5,
  commands: 6,
  program: 7,
};

/** Imports that the ranks would allow but the architecture does not. */
const forbidden: readonly (readonly [room: string, imported: string, why: string])[] = [
  ["formats", "system", "a format is a pure function"],
  ["sources", "store", "a source gives credentials; keeping them is the session's"],
  ["tokens", "store", "it makes tokens; keeping them is the command's"],
  ["migration", "store", "it decides what to keep; the session keeps it"],
];

interface SourceFile {
  readonly path: string;
  readonly room: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const root = new URL("../../", import.meta.url);
const files = [...sourceFiles("src/")];

function* sourceFiles(folder: string): Generator<SourceFile> {
  for (const entry of Deno.readDirSync(new URL(folder, root))) {
    const path = folder + entry.name;
    if (entry.isDirectory) yield* sourceFiles(path + "/");
    else if (path.endsWith(".ts")) yield readSource(path);
  }
}

function readSource(path: string): SourceFile {
  return sourceOf(path, Deno.readTextFileSync(new URL(path, root)));
}

function sourceOf(path: string, text: string): SourceFile {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const imports = Array.from(
    code.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g),
    ([, to]) => to ?? "",
  );
  return { path, room: roomOf(path), text: code, imports };
}

/** The folder below src/; files of src/ itself are the program. */
function roomOf(path: string): string {
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? "program";
}

function targetOf(file: SourceFile, specifier: string): string {
  return new URL(specifier, new URL(file.path, "file:///")).pathname.slice(1);
}

Deno.test("every folder has a rank", () => {
  const unknown = files.filter(({ room }) => ranks[room] === undefined).map(({ path }) => path);
  assert.deepEqual(unknown, []);
});

Deno.test("imports point to folders of lower rank", () => {
  const wrong: string[] = [];
  for (const file of files) {
    for (const specifier of file.imports.filter((each) => each.startsWith("."))) {
      const target = targetOf(file, specifier);
      if (target === "deno.json") continue; // its version, which is only there
      const to = target.startsWith("src/") ? roomOf(target) : "program";
      if (to === file.room) continue;
      if ((ranks[to] ?? 9) >= (ranks[file.room] ?? 0)) wrong.push(`${file.path} imports ${target}`);
      const rule = forbidden.find(([room, imported]) => room === file.room && imported === to);
      if (rule) wrong.push(`${file.path} imports ${target}: ${rule[2]}`);
    }
  }
  assert.deepEqual(wrong, []);
});

function graphOf(files: readonly SourceFile[]): ImportGraph {
  return new Map(files.map((file) => {
    const inside = file.imports.filter((each) => /^\..*\.ts$/.test(each));
    return [file.path, new Set(inside.map((each) => targetOf(file, each)))];
  }));
}

Deno.test("imports form no cycle of files or folders, types included", () => {
  const graph = graphOf(files);
  assert.deepEqual(circlesIn(graph), []);
  assert.deepEqual(circlesIn(foldersOf(graph)), []);
  const others = ["main.ts", ...otherCode()].map(readSource);
  assert.deepEqual(circlesIn(graphOf([...files, ...others])), []);
});

Deno.test("a cycle is named, whether of types, of a dynamic import or of folders", () => {
  const made = (texts: Readonly<Record<string, string>>) =>
    graphOf(Object.entries(texts).map(([path, text]) => sourceOf(path, text)));
  const types = made({
    "src/store/a.ts": 'import type { B } from "./b.ts";',
    "src/store/b.ts": 'export const c = () => import("./c.ts");',
    "src/store/c.ts": 'export type { A } from "./a.ts";',
  });
  assert.deepEqual(circlesIn(types), [
    "src/store/a.ts → src/store/b.ts → src/store/c.ts → src/store/a.ts",
  ]);
  const folders = made({
    "src/store/a.ts": 'import { b } from "./inner/b.ts";',
    "src/store/inner/b.ts": 'import { c } from "../c.ts";',
    "src/store/c.ts": "",
  });
  assert.deepEqual(circlesIn(folders), []);
  assert.deepEqual(circlesIn(foldersOf(folders)), [
    "src/store/ → src/store/inner/ → src/store/",
  ]);
});

Deno.test("only deno.json names dependencies", () => {
  // Web Crypto reads no certificates, and no key files of other formats than PKCS #8.
  const isAllowed = (path: string, name: string) =>
    name === "node:crypto" && path.startsWith("src/signin/certificate/");
  const wrong = files.flatMap(({ path, imports }) =>
    imports.filter((each) => /^(npm|jsr|https?|node):/.test(each) && !isAllowed(path, each))
      .map((each) => `${path}: ${each}`)
  );
  assert.deepEqual(wrong, []);
});

/** The implementation of the system: the only place that touches the machine. */
const isRealSide = ({ path }: SourceFile) => path.startsWith("src/system/deno/");

Deno.test("only src/system/deno/ uses Deno", () => {
  const wrong = files.filter((file) =>
    !isRealSide(file) && /\bDeno\b(?!\.customInspect)/.test(file.text)
  );
  assert.deepEqual(wrong.map(({ path }) => path), []);
});

Deno.test("the clock is read through the system", () => {
  const wrong = files.filter((file) =>
    !isRealSide(file) && /Date\.now\(|new Date\(\)|performance\.now\(/.test(file.text)
  );
  assert.deepEqual(wrong.map(({ path }) => path), []);
});

Deno.test("nothing exported is reassigned: the binary's files would not see it", () => {
  const wrong = files.filter(({ text }) => {
    const variables = Array.from(text.matchAll(/^(?:export )?(?:let|var)\s+(\w+)/gm));
    const lists = Array.from(text.matchAll(/^export \{([^}]*)\};/gm), ([, names]) => names);
    const listed: readonly string[] = lists.join().match(/\w+/g) ?? [];
    return variables.some(([whole, name = ""]) =>
      whole.startsWith("export") || listed.includes(name)
    );
  });
  assert.deepEqual(wrong.map(({ path }) => path), []);
});

// Files are split by meaning, not by length. But no file above this length has had a single meaning
// yet.
const mostLines = 400;

Deno.test(`no file has more than ${mostLines} lines`, () => {
  const long: string[] = [];
  for (const path of ["main.ts", ...files.map((file) => file.path), ...otherCode()]) {
    const lines = Deno.readTextFileSync(new URL(path, root)).split("\n").length - 1;
    if (lines > mostLines) long.push(`${path}: ${lines}`);
  }
  assert.deepEqual(long, []);
});

/** Tests and scripts, without recorded data. */
function* otherCode(folders: readonly string[] = ["tests/", "scripts/"]): Generator<string> {
  for (const folder of folders) {
    for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
      if (isDirectory && name !== "fixtures") yield* otherCode([`${folder}${name}/`]);
      else if (name.endsWith(".ts")) yield folder + name;
    }
  }
}

Deno.test("every source and format is in its table", async () => {
  const helpers = new Set([
    "source.ts",
    "ambient_credentials.ts",
    "format.ts",
    "document.ts",
    "key_input.ts",
    "aws_login_person.ts",
    "aws_login_sign_in.ts",
    "pasted.ts",
    "aws_profile.ts",
    "web_identity_role.ts",
    "portal_address.ts",
    "portal_listing.ts",
    "portal_pick.ts",
    "portal_role.ts",
    "portal_settings.ts",
    "portal_sign_in.ts",
    "portal_tokens.ts",
    "roles_anywhere_identity.ts",
    "roles_anywhere_key.ts",
    "roles_anywhere_settings.ts",
    "roles_anywhere_sign_in.ts",
    "saml_name.ts",
    "saml_roles.ts",
    "saml_settings.ts",
    "saml_sign_in.ts",
    "team_fields.ts",
    "all_sources.ts",
    "all_formats.ts",
  ]);
  const sourceTable = new Set<unknown>(sources);
  const formatTable = new Set<unknown>(formats);
  const tables = [["sources", sourceTable], ["formats", formatTable]] as const;
  for (const [room, table] of tables) {
    for (const { path } of files.filter((file) => file.room === room)) {
      if (helpers.has(path.split("/").at(-1) ?? "")) continue;
      const members = Object.values(await import(new URL(path, root).href));
      assert.ok(members.some((member) => table.has(member)), `${path} is not in the table`);
    }
  }
});

/** The files that may name the settings of one kind of source, and why; all others use its facts. */
const naming: Readonly<Record<string, string>> = {
  "src/commands/aws/sso/import.ts": "makes profiles of what a portal lists",
  "src/migration/aws_config.ts": "makes settings of a section of ~/.aws/config",
  "src/migration/aws_sso.ts": "makes settings of a section of ~/.aws/config",
  "src/migration/aws_vault.ts": "makes settings of aws-vault's keys",
  "src/migration/settings.ts": "makes settings of a section of ~/.aws/credentials",
  "src/migration/signing_helper.ts": "makes settings of the arguments of AWS's helper",
  "src/migration/vault_item.ts": "makes settings of an item of aws-vault's",
  "src/model/console_sign_in.ts": "says where a sign-in to the console is",
  "src/model/portal.ts": "says where a portal is",
};

Deno.test("only src/sources/ checks the kind of a source", () => {
  const outside = files.filter(({ room }) => room !== "sources");
  const asks =
    /\bsource\??\.kind\b|\{[^{}]*\bkind\b[^{}]*\}\s*=\s*(?:\w+\.)*source\b|\bsource:\s*\{\s*kind\s*[,}]/;
  assert.match("({ source }) => source.kind === 1", asks);
  assert.match("const { kind } = profile.source;", asks);
  assert.match("({ source: { kind } }) => kind", asks);
  assert.deepEqual(outside.filter(({ text }) => asks.test(text)).map(({ path }) => path), []);
  const named = /import type \{[^}]*\b[A-Z]\w*Source\b[^}]*\} from "[./]+(?:model\/)?profile.ts"/;
  const made = new RegExp(`\\bkind: "(?:${sources.map(({ kind }) => kind).join("|")})"`);
  const names = outside.filter(({ path, room, text }) =>
    path !== "src/model/profile.ts" && room !== "line" && (named.test(text) || made.test(text))
  );
  assert.deepEqual(names.map(({ path }) => path).sort(), Object.keys(naming).sort());
});

/** A format turns credentials into text. */
const formatsFolder = "src/formats/";

/** Other files that may reveal a secret, and why. All others pass `Secret`s on unopened. */
const revealing: Readonly<Record<string, string>> = {
  "src/aws/console_sign_in.ts": "the console's codes and tokens are parameters of the call",
  "src/aws/dpop.ts": "signs with the key that proves possession of a token",
  "src/aws/federation.ts": "the federation endpoint makes a sign-in token of the session",
  "src/aws/sigv4.ts": "signs requests, and puts the session token into them",
  "src/aws/sso_oidc.ts": "the portal's client secret and codes are parameters of the call",
  "src/aws/sso_portal.ts": "the portal's token is the call's header",
  "src/aws/sts.ts": "takes the identity token or assertion out of what AWS's refusal quotes",
  "src/aws/sts_requests.ts": "the identity token or assertion is a parameter of the call",
  "src/aws/sts_call.ts": "takes the call's secrets out of what AWS's refusal quotes",
  "src/aws/sdk_settings.ts": "the SDK's client signs with the key",
  "src/commands/aws/login/delivery.ts": "--print prints the console's address, which was asked for",
  "src/commands/aws/token/codeartifact.ts": "prints the token, which was asked for",
  "src/commands/aws/token/web.ts": "prints AWS's identity token, which was asked for",
  "src/commands/serve.ts": "--print-env prints the server's token, which was asked for",
  "src/commands/serve/print_env.ts": "a client's token is compared with its hash",
  "src/commands/serve/token/add.ts": "a client's token is hashed, and printed if asked for",
  "src/commands/serve/token_file.ts": "keeps the server's token and its clients' in files",
  "src/delivery/child_server.ts": "the child's variable with the server's token",
  "src/delivery/credential_server.ts": "compares a client's token, and answers it with credentials",
  "src/delivery/environment.ts": "the child's variables",
  "src/delivery/one_time_redirect.ts": "leads the person's browser to the console, once",
  "src/session/sign_in/fingerprint.ts":
    "a session is identified by a digest of the settings, including keys",
  "src/signin/saml/form_answers.ts": "the password goes into the provider's form",
  "src/signin/saml/saml_response.ts": "the roles that an assertion names are read",
  "src/signin/certificate/pkcs11.ts": "the PIN is a variable of pkcs11-tool",
  "src/signin/certificate/passphrase.ts": "the passphrase opens the key's file",
  "src/signin/certificate/tpm.ts": "the password goes to tpm2_sign by a pipe",
  "src/sources/roles_anywhere_key.ts": "the kept private key signs",
  "src/sources/portal_tokens.ts": "distinguishes a token that a portal rejected from another",
  "src/sources/saml_sign_in.ts": "distinguishes an assertion that AWS rejected from another",
  "src/system/clipboard.ts": "the clipboard's program gets the console's address by a pipe",
  "src/store/sealing/records.ts": "what is sealed into the store and into a backup",
  "src/commands/aws/docker/credential.ts": "Docker reads the registry's password",
  "src/tokens/codeartifact.ts": "package managers read the token",
  "src/tokens/codecommit.ts": "Git's user name contains the session token",
};

Deno.test("only the listed files reveal a secret", () => {
  const found = files.filter(({ path, text }) =>
    !path.startsWith(formatsFolder) && /\breveal\b/.test(withoutItself(text))
  );
  // A file that no longer reveals anything must not stay in the list.
  assert.deepEqual(found.map(({ path }) => path).sort(), Object.keys(revealing).sort());
});

/** The class itself defines the method; any other file that names it calls it. */
function withoutItself(text: string): string {
  return text.replace(/^ {2}reveal\(\): string \{$/m, "");
}

Deno.test("a type's name has one meaning: no two types share it", () => {
  const places = new Map<string, string[]>();
  for (const { path, text } of files) {
    for (const [, name = ""] of text.matchAll(/^(?:export )?(?:interface|type|class) (\w+)/gm)) {
      places.set(name, [...places.get(name) ?? [], path]);
    }
  }
  assert.deepEqual([...places].filter(([, paths]) => paths.length > 1), []);
});

/** Patterns for which there is a helper, and where it is. */
const helpers: readonly (readonly [shape: RegExp, helper: string])[] = [
  [/typeof \w+ [!=]== "object"[^;]*Array\.isArray/, "isJsonObject of src/model/fields.ts"],
  [/\.filter\(\(\[, \w+\]\) => \w+ !== undefined\)/, "defined of src/model/fields.ts"],
  [/"profile" in each \? \[each\.profile\] : \[\]/, "profilesIn of src/store/store.ts"],
];

Deno.test("no file repeats what a helper does", () => {
  const wrong = helpers.flatMap(([shape, helper]) =>
    files.filter(({ path, text }) => !helper.endsWith(path) && shape.test(text))
      .map(({ path }) => `${path}: use ${helper}`)
  );
  assert.deepEqual(wrong, []);
});
