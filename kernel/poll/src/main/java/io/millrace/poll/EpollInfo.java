// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Errno;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the kernel tells about an epoll in /proc/self/fdinfo (proc_pid_fdinfo(5)). */
final class EpollInfo {
    private EpollInfo() {}

    /**
     * Returns the {@link Interest} bits that are registered for a descriptor, -ENOENT if there are none, or -EIO. They
     * may be fewer than were asked for: the kernel drops EPOLLWAKEUP from those who may not delay a suspend.
     */
    static int registeredInterest(int epoll, int fd) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/fdinfo/" + epoll))) {
                // tfd:       12 events:     2019 data:        500000003  pos:0 ino:61 sdev:5
                String[] words = line.trim().split("\\s+");
                if (words.length > 3 && words[0].equals("tfd:") && Integer.parseInt(words[1]) == fd) {
                    return PollBits.fromEpoll(Integer.parseUnsignedInt(words[3], 16));
                }
            }
            return -Errno.ENOENT;
        } catch (IOException e) {
            return -Errno.EIO;
        }
    }
}
