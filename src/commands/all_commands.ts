import type { Entry } from "../line/command.ts";
// Loaded with the table, since it is what starts most often: one module more to find costs more than
// its few lines cost the others.
import { command as exec } from "./aws/exec.ts";

/** Every command, in the order that the help lists them. A command is one file and one line here. */
export const entries: readonly Entry[] = [
  entry("aws add", "NAME", "make a profile and sign in", () => import("./aws/add.ts")),
  entry(
    "aws exec",
    "[NAME] [--] [COMMAND [ARG…]]",
    "run a command with a profile's credentials",
    () => Promise.resolve({ command: exec }),
  ),
  entry(
    "aws export",
    "NAME",
    "print a profile's credentials for a shell",
    () => import("./aws/export.ts"),
  ),
  entry(
    "aws process",
    "NAME",
    "print the credential_process document",
    () => import("./aws/process.ts"),
  ),
  entry(
    "aws configure",
    "NAME",
    "have the AWS CLI and SDKs ask athm, by ~/.aws/config",
    () => import("./aws/configure.ts"),
  ),
  entry(
    "aws rotate-key",
    "NAME",
    "give an IAM user a new access key",
    () => import("./aws/rotate_key.ts"),
  ),
  entry("aws login", "NAME", "open the AWS console", () => import("./aws/login.ts")),
  entry("aws ls", "", "list the profiles", () => import("./aws/ls.ts")),
  entry("aws show", "NAME", "show a profile's settings and session", () => import("./aws/show.ts")),
  entry("aws mv", "OLD NEW", "give a profile another name", () => import("./aws/mv.ts")),
  entry("aws rm", "[NAME…]", "remove profiles and their sessions", () => import("./aws/rm.ts")),
  entry("aws whoami", "NAME", "ask AWS whose session it is", () => import("./aws/whoami.ts")),
  entry(
    "aws prompt",
    "[bash|zsh|fish|powershell]",
    "print the shell's profile and the time left, for its prompt",
    () => import("./aws/prompt.ts"),
  ),
  entry(
    "aws sso ls",
    "START_URL",
    "list the accounts and roles of an access portal",
    () => import("./aws/sso/ls.ts"),
  ),
  entry(
    "aws sso import",
    "START_URL",
    "make a profile for each account and role of an access portal",
    () => import("./aws/sso/import.ts"),
  ),
  entry(
    "aws sso logout",
    "[START_URL]",
    "end the sign-in at an access portal",
    () => import("./aws/sso/logout.ts"),
  ),
  entry(
    "serve",
    "[NAME…]",
    "serve credentials to containers, IDEs and remote development",
    () => import("./serve.ts"),
  ),
  entry(
    "audit",
    "[verify]",
    "show or verify the log of sign-ins and changes",
    () => import("./audit.ts"),
  ),
  entry(
    "import aws-vault",
    "[NAME…]",
    "take over the keys of aws-vault",
    () => import("./import/aws_vault.ts"),
  ),
  entry(
    "import aws-config",
    "[NAME…]",
    "take over the role and SSO profiles of ~/.aws/config",
    () => import("./import/aws_config.ts"),
  ),
  entry(
    "import aws-credentials",
    "[NAME…]",
    "take over the keys in ~/.aws/credentials",
    () => import("./import/aws_credentials.ts"),
  ),
  entry(
    "store status",
    "",
    "say where the store is and who holds its key",
    () => import("./store/status.ts"),
  ),
  entry(
    "store custody",
    "keychain|passphrase|file",
    "have the store's key held in another way",
    () => import("./store/custody.ts"),
  ),
  entry("store rekey", "", "give the store a new key", () => import("./store/rekey.ts")),
  entry(
    "store verify",
    "",
    "open every file and look at every mode",
    () => import("./store/verify.ts"),
  ),
  entry(
    "store backup",
    "FILE",
    "write profiles and sessions into one sealed file",
    () => import("./store/backup.ts"),
  ),
  entry(
    "store restore",
    "FILE",
    "put a backup's profiles and sessions into the store",
    () => import("./store/restore.ts"),
  ),
  entry(
    "store unlock",
    "",
    "type the passphrase once for some hours",
    () => import("./store/unlock.ts"),
  ),
  entry("store lock", "", "forget what unlock keeps", () => import("./store/lock.ts")),
  entry(
    "doctor",
    "",
    "look for what is wrong around athm, and say what mends it",
    () => import("./doctor.ts"),
  ),
  entry(
    "completions",
    "bash|zsh|fish|powershell",
    "print the script that completes athm's lines in a shell",
    async () => ({ command: (await import("./completions.ts")).completing(entries) }),
  ),
];

function entry(words: string, operands: string, summary: string, load: Entry["load"]): Entry {
  return { path: words.split(" "), operands, summary, load };
}
