import { type Answered, checkAnswer } from './answers.ts';
import { type ContractDocument, readDocument } from './document.ts';
import type { Findings } from './findings.ts';
import { type Asked, checkRequest, operationOf } from './requests.ts';

export type Violation = {
  readonly of: 'request' | 'response';
  readonly operation: string;
  /** Of the answer; undefined while there is none. */
  status: number | undefined;
  readonly faults: readonly string[];
};

export type ContractReport = {
  readonly requests: number;
  readonly responses: number;
  /** The first hundred. */
  readonly violations: readonly Violation[];
  /** What is on the lists of things that Omnisend does without declaring them, counted by name. */
  readonly departures: Readonly<Record<string, number>>;
};

const mostKept = 100;

/** Omnisend's OpenAPI document, where it is at hand. */
export const contractDocument: ContractDocument | undefined = readDocument();

/** What the names of tests that need it say where it is not. */
export const ifSkipped =
  contractDocument === undefined ? " (skipped: Omnisend's OpenAPI document is absent)" : '';

/** Holds every request and every answer to the document, and remembers what was against it. */
export function createContractRecorder(document: ContractDocument) {
  const violations: Violation[] = [];
  const departures: Record<string, number> = {};
  let requests = 0;
  let responses = 0;

  function keep(violation: Violation, found: Findings): void {
    if (violation.faults.length > 0 && violations.length < mostKept) violations.push(violation);
    for (const name of found.departures) departures[name] = (departures[name] ?? 0) + 1;
  }

  return {
    /** @returns what takes the answer, once there is one */
    request(asked: Asked): (answered: Answered) => void {
      requests++;
      const operation = operationOf(document, asked.method, asked.url);
      const name = operation?.name ?? `${asked.method} ${asked.url.split('?')[0]}`;
      const found = checkRequest(document, asked);
      const violation: Violation = {
        of: 'request',
        operation: name,
        status: undefined,
        faults: found.faults,
      };
      keep(violation, found);
      return (answered) => {
        responses++;
        violation.status = answered.status;
        const answer = checkAnswer(document, operation, answered);
        keep({ of: 'response', operation: name, status: answered.status, faults: answer.faults }, answer);
      };
    },
    report: (): ContractReport => ({ requests, responses, violations, departures }),
  };
}

export type ContractRecorder = ReturnType<typeof createContractRecorder>;
