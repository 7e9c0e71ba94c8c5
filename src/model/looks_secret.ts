/** Whether text looks like a secret access key, or like settings that hold one. */
export function looksSecret(text: string): boolean {
  if (/secret_?access_?key|session_?token/i.test(text)) return true;
  if (/^(?:arn:|https?:)/.test(text)) return false;
  const words = text.match(/(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g) ?? [];
  return words.some((word) => /[a-z]/.test(word) && /[A-Z]/.test(word) && /\d/.test(word));
}
