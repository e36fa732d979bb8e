// SPDX-License-Identifier: Apache-2.0

/**
 * Folders and files through descriptors: {@code KernelDirectory}, out of which no name leads, and the files that it
 * opens, which sendfile(2) can send.
 */
package io.millrace.fs;
