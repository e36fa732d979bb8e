// SPDX-License-Identifier: Apache-2.0

/** Servers of others over TLS, as their users set them up, for comparison. */
package io.millrace.peers;
