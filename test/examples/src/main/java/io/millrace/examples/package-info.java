// SPDX-License-Identifier: Apache-2.0

/**
 * Small programs, a page each: {@code Echo} first, then in any order. Each has a {@code start}, which the tests call,
 * and a {@code main}, which listens on a port of this machine until it is interrupted.
 */
package io.millrace.examples;
