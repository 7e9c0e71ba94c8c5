const keyLike = /(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g;

/** Whether text looks like a secret access key, or like settings that hold one. */
export function looksSecret(text: string): boolean {
  return /secret_?access_?key|session_?token/i.test(text) || withoutKeys(text, "") !== text;
}

/** The text with `hidden` in place of what looks like a secret access key. */
export function withoutKeys(text: string, hidden: string): string {
  if (/^(?:arn:|https?:)/.test(text)) return text;
  const isMixed = (word: string) => /[a-z]/.test(word) && /[A-Z]/.test(word) && /\d/.test(word);
  return text.replaceAll(keyLike, (word) => isMixed(word) ? hidden : word);
}
