import { connectBody } from '../connect.ts';
import {
  connectionOrNameView,
  connectionRevisionsView,
  connectionsView,
  connectionView,
  privacyStatementView,
} from '../connections.ts';
import { pageQuery } from '../listing.ts';
import {
  removeConnectionBody,
  removeConnectionQuery,
  removedConnectionView,
  removingConnectionView,
} from '../remove-connection.ts';
import { keyBody, rotatedView } from '../rotate-key.ts';
import { connectionBody } from '../save-connection.ts';
import * as view from '../views.ts';
import type { OperationSpecs } from './spec.ts';

/** Brands that one may export to. */
export const connectionsOperations = {
  'list-connections': {
    method: 'GET',
    route: 'connections',
    summary: 'Connections by id: those that the caller may see',
    query: pageQuery,
    answers: { 200: connectionsView },
  },
  'get-connection': {
    method: 'GET',
    route: 'connections/{id}',
    summary: 'One connection; contributors see its name, and only if it is shared with them',
    answers: { 200: connectionOrNameView },
  },
  'save-connection': {
    method: 'PUT',
    route: 'connections/{id}',
    summary: 'Makes or edits a connection',
    headers: ['if-match', 'if-none-match'],
    body: connectionBody,
    answers: { 200: connectionView, 201: connectionView },
    problems: [409, 422, 503],
  },
  'rotate-key': {
    method: 'PUT',
    route: 'connections/{id}/key',
    summary: 'Another API key for the connection',
    headers: ['if-match'],
    body: keyBody,
    answers: { 200: rotatedView },
    problems: [409, 422, 503],
  },
  'remove-connection': {
    method: 'DELETE',
    route: 'connections/{id}',
    summary: 'Removes a connection, with a word on each export that uses it; 202 while runs settle',
    headers: ['if-match'],
    query: removeConnectionQuery,
    body: removeConnectionBody,
    answers: { 200: removedConnectionView, 202: removingConnectionView },
    problems: [409, 422, 503],
  },
  'connection-revisions': {
    method: 'GET',
    route: 'connections/{id}/revisions',
    summary: 'Who changed the connection, when, to what; the newest first',
    query: pageQuery,
    answers: { 200: connectionRevisionsView },
  },
  'privacy-statement': {
    method: 'GET',
    route: 'privacy-statement',
    summary: 'What is agreed to with a connection, and the name of its wording',
    answers: { 200: privacyStatementView },
  },
  connect: {
    method: 'POST',
    route: 'connections/{id}/connect',
    summary: "Which brand the connection's key opens, and what the key may do; nothing changes in Omnisend",
    body: connectBody,
    answers: { 200: view.connected },
    problems: [409, 422, 503],
  },
} as const satisfies OperationSpecs;
