// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

/** Error numbers (errno(3)) and their names. The values are those of Linux, equal on x86-64 and AArch64. */
public final class Errno {
    private Errno() {}

    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int EBADF = 9;
    public static final int ECHILD = 10;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EFAULT = 14;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int EXDEV = 18;
    public static final int ENODEV = 19;
    public static final int ENOTDIR = 20;
    public static final int EISDIR = 21;
    public static final int EINVAL = 22;
    public static final int ENFILE = 23;
    public static final int EMFILE = 24;
    public static final int ENOSPC = 28;
    public static final int EPIPE = 32;
    public static final int ENAMETOOLONG = 36;
    public static final int ENOSYS = 38;
    public static final int ELOOP = 40;
    public static final int ETIME = 62;
    public static final int EPROTO = 71;
    public static final int EOVERFLOW = 75;
    public static final int ENOTSOCK = 88;
    public static final int EMSGSIZE = 90;
    public static final int EPROTOTYPE = 91;
    public static final int ENOPROTOOPT = 92;
    public static final int EOPNOTSUPP = 95;
    public static final int EAFNOSUPPORT = 97;
    public static final int EADDRINUSE = 98;
    public static final int EADDRNOTAVAIL = 99;
    public static final int ENETDOWN = 100;
    public static final int ENETUNREACH = 101;
    public static final int ECONNABORTED = 103;
    public static final int ECONNRESET = 104;
    public static final int ENOBUFS = 105;
    public static final int EISCONN = 106;
    public static final int ENOTCONN = 107;
    public static final int ETIMEDOUT = 110;
    public static final int ECONNREFUSED = 111;
    public static final int EHOSTUNREACH = 113;
    public static final int EALREADY = 114;
    public static final int EINPROGRESS = 115;
    public static final int ECANCELED = 125;

    /** Returns the symbol, such as {@code "EADDRINUSE"}. Takes the number with either sign. */
    public static String symbol(int errno) {
        String text = describe(errno);
        int end = text.indexOf(" (");
        return end < 0 ? text : text.substring(0, end);
    }

    /**
     * Returns the symbol and a short text, such as {@code "EADDRINUSE (address already in use)"}. Takes the number with
     * either sign.
     */
    public static String describe(int errno) {
        return switch (Math.abs(errno)) {
            case EPERM -> "EPERM (operation not permitted)";
            case ENOENT -> "ENOENT (no such file or directory)";
            case ESRCH -> "ESRCH (no such process or thread)";
            case EINTR -> "EINTR (interrupted)";
            case EIO -> "EIO (input/output error)";
            case EBADF -> "EBADF (bad descriptor)";
            case ECHILD -> "ECHILD (no such child)";
            case EAGAIN -> "EAGAIN (would block)";
            case ENOMEM -> "ENOMEM (out of memory)";
            case EACCES -> "EACCES (permission denied)";
            case EFAULT -> "EFAULT (bad address)";
            case EBUSY -> "EBUSY (in use)";
            case EEXIST -> "EEXIST (exists already)";
            case EXDEV -> "EXDEV (leads out of the tree)";
            case ENODEV -> "ENODEV (no such device)";
            case ENOTDIR -> "ENOTDIR (not a directory)";
            case EISDIR -> "EISDIR (is a directory)";
            case EINVAL -> "EINVAL (invalid argument)";
            case ENFILE -> "ENFILE (the system is out of descriptors)";
            case EMFILE -> "EMFILE (the process is out of descriptors)";
            case ENOSPC -> "ENOSPC (no space left)";
            case EPIPE -> "EPIPE (broken pipe)";
            case ENAMETOOLONG -> "ENAMETOOLONG (name too long)";
            case ENOSYS -> "ENOSYS (no such system call)";
            case ELOOP -> "ELOOP (too many symbolic links)";
            case ETIME -> "ETIME (time is up)";
            case EPROTO -> "EPROTO (protocol error)";
            case EOVERFLOW -> "EOVERFLOW (value too large)";
            case ENOTSOCK -> "ENOTSOCK (not a socket)";
            case EMSGSIZE -> "EMSGSIZE (message too long)";
            case EPROTOTYPE -> "EPROTOTYPE (wrong type of socket)";
            case ENOPROTOOPT -> "ENOPROTOOPT (no such option)";
            case EOPNOTSUPP -> "EOPNOTSUPP (not supported)";
            case EAFNOSUPPORT -> "EAFNOSUPPORT (address family not supported)";
            case EADDRINUSE -> "EADDRINUSE (address already in use)";
            case EADDRNOTAVAIL -> "EADDRNOTAVAIL (no such address on this machine)";
            case ENETDOWN -> "ENETDOWN (network is down)";
            case ENETUNREACH -> "ENETUNREACH (network unreachable)";
            case ECONNABORTED -> "ECONNABORTED (connection aborted)";
            case ECONNRESET -> "ECONNRESET (connection reset by peer)";
            case ENOBUFS -> "ENOBUFS (no buffer space)";
            case EISCONN -> "EISCONN (already connected)";
            case ENOTCONN -> "ENOTCONN (not connected)";
            case ETIMEDOUT -> "ETIMEDOUT (timed out)";
            case ECONNREFUSED -> "ECONNREFUSED (connection refused)";
            case EHOSTUNREACH -> "EHOSTUNREACH (host unreachable)";
            case EALREADY -> "EALREADY (under way already)";
            case EINPROGRESS -> "EINPROGRESS (in progress)";
            case ECANCELED -> "ECANCELED (cancelled)";
            default -> "errno " + Math.abs(errno);
        };
    }
}
