// SPDX-License-Identifier: Apache-2.0

/**
 * Folders out of which no name leads, and their files: {@code KernelDirectory} through descriptors, with files that
 * sendfile(2) can send, and {@code NioDirectory} over {@code java.nio.file}; {@code Directories} opens the safer of the
 * two that the machine has. {@code FolderWatch} tells on a loop what changes in a folder, {@code FolderPoll} where
 * there is no inotify.
 */
@NullMarked
package io.millrace.fs;

import org.jspecify.annotations.NullMarked;
