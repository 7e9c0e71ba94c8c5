import type { Entry } from "../line/command.ts";
// Import eagerly: it is the command used most, and resolving a module costs the others more than
// its few lines.
import { command as exec } from "./aws/exec.ts";

/** Every command in the order of the help: one line here, one file each. */
export const entries: readonly Entry[] = [
  entry("aws add", "NAME", "create a profile and sign in", () => import("./aws/add.ts")),
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
    "make the AWS CLI and SDKs use athm, in ~/.aws/config",
    () => import("./aws/configure.ts"),
  ),
  entry(
    "aws rotate-key",
    "NAME",
    "replace an IAM user's access key",
    () => import("./aws/rotate_key.ts"),
  ),
  entry("aws login", "NAME", "open the AWS console", () => import("./aws/login.ts")),
  entry(
    "aws logout",
    "NAME",
    "forget a sign-in to the AWS console or an access portal",
    () => import("./aws/logout.ts"),
  ),
  entry("aws ls", "", "list the profiles", () => import("./aws/ls.ts")),
  entry("aws show", "NAME", "show a profile's settings and session", () => import("./aws/show.ts")),
  entry("aws set", "NAME", "change settings of a profile", () => import("./aws/set.ts")),
  entry("aws mv", "OLD NEW", "rename a profile", () => import("./aws/mv.ts")),
  entry("aws rm", "[NAME…]", "remove profiles and their sessions", () => import("./aws/rm.ts")),
  entry("aws whoami", "NAME", "show the identity of the session", () => import("./aws/whoami.ts")),
  entry(
    "aws token web",
    "[NAME]",
    "print an identity token from AWS, for services other than AWS",
    () => import("./aws/token/web.ts"),
  ),
  entry(
    "aws token eks",
    "CLUSTER [NAME]",
    "print a token for a Kubernetes cluster, as kubectl runs it",
    () => import("./aws/token/eks.ts"),
  ),
  entry(
    "aws token rds",
    "[NAME]",
    "print a database password for RDS and Aurora",
    () => import("./aws/token/rds.ts"),
  ),
  entry(
    "aws token codeartifact",
    "[NAME]",
    "print a token for package managers",
    () => import("./aws/token/codeartifact.ts"),
  ),
  entry(
    "aws git-credential",
    "[NAME] OPERATION",
    "answer Git's question for a CodeCommit password",
    () => import("./aws/git_credential.ts"),
  ),
  entry(
    "aws kubeconfig",
    "CLUSTER [NAME]",
    "make kubectl use athm for an EKS cluster, in ~/.kube/config",
    () => import("./aws/kubeconfig.ts"),
  ),
  entry(
    "aws presign",
    "URL [NAME]",
    "print a URL that gives access to one S3 object",
    () => import("./aws/presign.ts"),
  ),
  entry(
    "aws prompt",
    "[bash|zsh|fish|powershell]",
    "print the shell's profile and time left, for the prompt",
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
    "create a profile for each account and role of an access portal",
    () => import("./aws/sso/import.ts"),
  ),
  entry(
    "aws sso logout",
    "[START_URL]",
    "sign out of an access portal",
    () => import("./aws/sso/logout.ts"),
  ),
  entry("allow", "", "let the nearest .athm file choose the profile", () => import("./allow.ts")),
  entry("deny", "", "take back what allow allowed", () => import("./deny.ts")),
  entry(
    "serve",
    "[NAME…]",
    "serve credentials to containers, IDEs and remote development",
    () => import("./serve.ts"),
  ),
  entry(
    "serve token add",
    "LABEL",
    "add a client of athm serve with a token of its own",
    () => import("./serve/token/add.ts"),
  ),
  entry(
    "serve token ls",
    "",
    "list the clients of athm serve",
    () => import("./serve/token/ls.ts"),
  ),
  entry(
    "serve token rm",
    "LABEL",
    "remove a client of athm serve, whose token ends at once",
    () => import("./serve/token/rm.ts"),
  ),
  entry("audit", "[verify]", "show or verify the audit log", () => import("./audit.ts")),
  entry(
    "import aws-vault",
    "[NAME…]",
    "import keys from aws-vault",
    () => import("./import/aws_vault.ts"),
  ),
  entry(
    "import aws-config",
    "[NAME…]",
    "import role, SSO and sign-in profiles from ~/.aws/config",
    () => import("./import/aws_config.ts"),
  ),
  entry(
    "import aws-credentials",
    "[NAME…]",
    "import keys from ~/.aws/credentials",
    () => import("./import/aws_credentials.ts"),
  ),
  entry(
    "import file",
    "FILE|URL",
    "import profiles from a team's signed file",
    () => import("./import/file.ts"),
  ),
  entry(
    "store status",
    "",
    "show where the store is and what holds its key",
    () => import("./store/status.ts"),
  ),
  entry(
    "store custody",
    "keychain|passphrase|file",
    "change what holds the store's key",
    () => import("./store/custody.ts"),
  ),
  entry("store rekey", "", "replace the store's key", () => import("./store/rekey.ts")),
  entry(
    "store verify",
    "",
    "check every file and permission of the store",
    () => import("./store/verify.ts"),
  ),
  entry(
    "store backup",
    "FILE",
    "back up profiles and sessions to an encrypted file",
    () => import("./store/backup.ts"),
  ),
  entry(
    "store restore",
    "FILE",
    "restore profiles and sessions from a backup",
    () => import("./store/restore.ts"),
  ),
  entry(
    "policy add",
    "NAME FILE",
    "store a session policy under a name",
    () => import("./policy/add.ts"),
  ),
  entry("policy ls", "", "list the named policies", () => import("./policy/ls.ts")),
  entry("policy show", "NAME", "print a named policy", () => import("./policy/show.ts")),
  entry("policy rm", "NAME", "remove a named policy", () => import("./policy/rm.ts")),
  entry(
    "store unlock",
    "",
    "keep the store unlocked for a few hours",
    () => import("./store/unlock.ts"),
  ),
  entry("store lock", "", "lock the store again", () => import("./store/lock.ts")),
  entry("doctor", "", "diagnose problems and suggest fixes", () => import("./doctor.ts")),
  entry(
    "update",
    "",
    "show how athm was installed and how to update it",
    () => import("./update.ts"),
  ),
  entry(
    "completions",
    "bash|zsh|fish|powershell",
    "print a shell's completion script",
    async () => ({ command: (await import("./completions.ts")).completing(entries) }),
  ),
];

function entry(words: string, operands: string, summary: string, load: Entry["load"]): Entry {
  return { path: words.split(" "), operands, summary, load };
}
