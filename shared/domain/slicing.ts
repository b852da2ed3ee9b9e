const hexDigits = [...'0123456789abcdef'];

/**
 * Customer-id prefixes (lower-case hex) by which `members` members are read side by side. Every hex id starts with
 * exactly one of them.
 */
export const prefixesFor = (members: number): readonly string[] => {
  if (members <= 2_000) return [''];
  if (members <= 500_000) return hexDigits;
  return hexDigits.flatMap((first) => hexDigits.map((second) => first + second));
};
