// SPDX-License-Identifier: Apache-2.0

/** Servers of frameworks, each on its own connections and on Millrace's, for {@code bench/adapters/run}. */
package io.millrace.contenders;
