import { z } from 'zod';
import { refreshSchedule } from '../../shared/domain/definition.ts';
import { exportBody } from '../../shared/domain/read-definition.ts';
import { rescheduleBody } from '../all-exports.ts';
import {
  checkedExportView,
  detachedExportView,
  endingView,
  exportsView,
  exportView,
  refreshView,
  removedExportView,
  rescheduledView,
  revisionsView,
  savedExportView,
} from '../export-views.ts';
import { listQuery, oneQuery } from '../exports.ts';
import { pageQuery } from '../listing.ts';
import { previewBody } from '../preview.ts';
import { removeQuery } from '../remove-export.ts';
import { copyBody, saveQuery } from '../save-export.ts';
import * as view from '../views.ts';
import type { OperationSpecs } from './spec.ts';

/** What is exported, whom to, when, and what a definition may name. */
export const exportsOperations = {
  'list-exports': {
    method: 'GET',
    route: 'exports',
    summary: "Exports by name, with state, last and next run, and the caller's permissions",
    query: listQuery,
    answers: { 200: exportsView },
  },
  'get-export': {
    method: 'GET',
    route: 'exports/{id}',
    summary: 'One export: its definition, what comes next, and what to look at',
    query: oneQuery,
    answers: { 200: exportView },
  },
  'save-export': {
    method: 'PUT',
    route: 'exports/{id}',
    summary: 'Makes or edits an export, checked in full; nothing is run, and with check=true nothing saved',
    headers: ['if-match', 'if-none-match'],
    query: saveQuery,
    body: exportBody,
    answers: { 200: z.union([savedExportView, checkedExportView]), 201: savedExportView },
    problems: [409, 422],
  },
  'remove-export': {
    method: 'DELETE',
    route: 'exports/{id}',
    summary: 'Removes an export and what is stored of it; 202 while a run of it ends',
    headers: ['if-match'],
    query: removeQuery,
    answers: { 200: removedExportView, 202: endingView },
    problems: [422, 503],
  },
  'duplicate-export': {
    method: 'POST',
    route: 'exports/{id}/duplicate',
    summary: 'A copy under another id, with its schedule off and marker names of its own',
    body: copyBody,
    answers: { 201: savedExportView },
    problems: [409, 422],
  },
  'detach-export': {
    method: 'POST',
    route: 'exports/{id}/detach',
    summary: 'Takes an export off its connection until it is saved with one; 202 while a run of it ends',
    headers: ['if-match'],
    answers: { 200: detachedExportView, 202: endingView },
  },
  'export-revisions': {
    method: 'GET',
    route: 'exports/{id}/revisions',
    summary: 'Who changed the export, when, to what; the newest first',
    query: pageQuery,
    answers: { 200: revisionsView },
  },
  'schedule-exports': {
    method: 'POST',
    route: 'exports/schedule',
    summary: 'One schedule for several exports',
    body: rescheduleBody,
    answers: { 200: rescheduledView },
    problems: [422],
  },
  'check-export': {
    method: 'GET',
    route: 'exports/{id}/check',
    summary: 'Every fault of a definition at once, each with its remedy',
    answers: { 200: view.checkedExport },
    problems: [422, 503],
  },
  preview: {
    method: 'POST',
    route: 'exports/{id}/preview',
    summary: "One customer's way through the export, with its values; nothing is sent",
    body: previewBody,
    answers: { 200: view.preview },
    problems: [422, 503],
  },
  segments: {
    method: 'GET',
    route: 'source/segments',
    summary: 'Segments that can be exported',
    answers: { 200: view.segments },
    problems: [422, 503],
  },
  columns: {
    method: 'GET',
    route: 'source/columns',
    summary: 'Profile columns that can be matched, with a guess at which contact field each one feeds',
    answers: { 200: view.columns },
    problems: [422, 503],
  },
  'check-source': {
    method: 'GET',
    route: 'source/check',
    summary: "Whether the app's own identity, the export user, can read the source",
    answers: { 200: view.sourceChecks },
  },
  'get-schedule': {
    method: 'GET',
    route: 'schedule',
    summary: 'The scheduled refresh, and its next five times',
    answers: { 200: refreshView },
    problems: [404],
  },
  'save-schedule': {
    method: 'PUT',
    route: 'schedule',
    summary: 'When exports run that have no schedule of their own; nothing is run now',
    headers: ['if-match', 'if-none-match'],
    body: refreshSchedule,
    answers: { 200: refreshView, 201: refreshView },
    problems: [422],
  },
  'remove-schedule': {
    method: 'DELETE',
    route: 'schedule',
    summary: 'Exports that ran with the scheduled refresh run on demand only',
    headers: ['if-match'],
    answers: { 204: null },
    problems: [404],
  },
} as const satisfies OperationSpecs;
