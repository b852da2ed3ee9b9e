import { z } from 'zod';
import type { FieldFault } from '../../domain/answers.ts';
import { maskField, maskText } from './mask.ts';
import { limits } from './version.ts';

const text = z.string().optional().catch(undefined);

/** Problem documents (https://api-docs.omnisend.com/v2026-03-15/reference/responses) and the older `error` shape. */
const problemBody = z.object({
  type: text,
  title: text,
  status: z.int().optional().catch(undefined),
  detail: text,
  errors: z
    .array(z.object({ field: text, code: text, message: text }).catch({}))
    .optional()
    .catch(undefined),
  error: text,
  fields: z.record(z.string(), z.array(z.string()).catch([])).optional().catch(undefined),
});
type ProblemBody = z.infer<typeof problemBody>;

/** `identifiers[0].channels: field required`: the older shape writes path and message as one text. */
const legacyFault = (line: string): FieldFault => {
  const match = /^([\w.[\]-]+):\s*(.+)$/s.exec(line);
  return { field: match?.[1] ?? '', code: 'invalid', message: match?.[2] ?? line };
};

const named = (body: ProblemBody): readonly FieldFault[] => [
  ...(body.errors ?? []).map(({ field, code, message }) => ({
    field: field ?? '',
    code: code ?? 'invalid',
    message: message ?? '',
  })),
  ...Object.values(body.fields ?? {}).flatMap((lines) => lines.map(legacyFault)),
];

/**
 * The field faults in a body that refuses something: at least one, at most ten. Where no field is named, the only
 * fault has an empty field and the status as its code. `sent`: texts of our request, to be masked.
 */
export const fieldFaults = (
  status: number,
  body: unknown,
  sent: () => readonly string[],
): readonly FieldFault[] => {
  const parsed = problemBody.safeParse(body);
  const problem: ProblemBody = parsed.success ? parsed.data : {};
  const found = named(problem);
  const message = problem.detail ?? problem.error ?? problem.title ?? '';
  const faults = found.length > 0 ? found : [{ field: '', code: String(status), message }];
  const values = sent();
  return faults.slice(0, limits.faultsPerAnswer).map((fault) => ({
    field: maskField(fault.field, values),
    code: maskText(fault.code, values),
    message: maskText(fault.message, values),
  }));
};

/** The status that a Problem body names, for answers that do not give it otherwise. */
export const problemStatus = (body: unknown): number | undefined => {
  const parsed = problemBody.safeParse(body);
  return parsed.success ? parsed.data.status : undefined;
};

/** Whether a body reads like a refusal: field faults, or the older `error`. */
export const looksRefused = (body: unknown): boolean => {
  const parsed = problemBody.safeParse(body);
  if (!parsed.success) return false;
  return parsed.data.error !== undefined || named(parsed.data).length > 0;
};
