// SPDX-License-Identifier: Apache-2.0

/**
 * Certificates from an authority that speaks ACME (RFC 8555): ordered, kept in a folder, and renewed when the authority
 * says so (RFC 9773) or after two thirds of their life. Nothing else in the house requires this room, and no server
 * loads it unless it is asked to: the library that it stands on, acme4j, brings eleven megabytes.
 */
package io.millrace.acme;
