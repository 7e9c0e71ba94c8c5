import { type Format, plainValue } from "./format.ts";

/** A section of `~/.aws/credentials`, for programs that read nothing else. */
export const ini: Format = {
  name: "ini",
  help: "the AWS credentials file",
  print: ({ name = "athm", session, region }) => {
    const settings = {
      aws_access_key_id: session.accessKeyId,
      aws_secret_access_key: session.secretAccessKey.reveal(),
      aws_session_token: session.sessionToken.reveal(),
      ...region === undefined ? {} : { region },
    };
    const lines = Object.entries(settings).map(([key, value]) =>
      `${key} = ${plainValue("ini", key, value)}\n`
    );
    return `[${plainValue("ini", "the name", name)}]\n${lines.join("")}`;
  },
  remove: { why: "a section sets no variables: delete it" },
};
