import { runAllBody } from '../all-exports.ts';
import { runAllView } from '../export-views.ts';
import { rowValuesQuery } from '../row-values.ts';
import { runBody } from '../run-export.ts';
import { rowsQuery, runsQuery } from '../runs.ts';
import * as view from '../views.ts';
import type { OperationSpecs } from './spec.ts';

/** What exports do. */
export const runsOperations = {
  'run-export': {
    method: 'POST',
    route: 'exports/{id}/run',
    summary: 'Asks for a run of an export',
    headers: ['idempotency-key'],
    body: runBody,
    answers: { 202: view.requestedRun },
    problems: [409],
  },
  'run-all': {
    method: 'POST',
    route: 'exports/run',
    summary: 'Asks for a run of every export that has an active schedule and that the caller may run',
    headers: ['idempotency-key'],
    body: runAllBody,
    answers: { 202: runAllView },
  },
  runs: {
    method: 'GET',
    route: 'runs',
    summary: 'Runs and occurrences that made no run, the newest first',
    query: runsQuery,
    answers: { 200: view.runs },
  },
  run: {
    method: 'GET',
    route: 'runs/{run}',
    summary: 'One run, with live counts per stage',
    answers: { 200: view.run },
  },
  rows: {
    method: 'GET',
    route: 'runs/{run}/rows',
    summary: 'Refused, failed, invalid, duplicate or left-out rows of a run, without values, as JSON or CSV',
    query: rowsQuery,
    answers: { 200: view.rows },
    otherType: 'text/csv',
    problems: [410],
  },
  'row-values': {
    method: 'GET',
    route: 'runs/{run}/rows/values',
    summary: 'The same with what the rows said, for seven days, as JSON or CSV',
    query: rowValuesQuery,
    answers: { 200: view.rowValues },
    otherType: 'text/csv',
    problems: [410],
  },
  approve: {
    method: 'POST',
    route: 'runs/{run}/approve',
    summary: "A person's word that a held run may be sent",
    answers: { 202: view.runState },
    problems: [409],
  },
  cancel: {
    method: 'POST',
    route: 'runs/{run}/cancel',
    summary: 'Stops a run between batches; what is posted is settled first',
    answers: { 202: view.runState },
    problems: [409],
  },
} as const satisfies OperationSpecs;
