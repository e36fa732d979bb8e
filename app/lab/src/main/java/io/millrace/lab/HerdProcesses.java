// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import io.millrace.socket.Kernel;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Poll;
import io.millrace.sys.Sockets;
import io.millrace.sys.Spawn;
import io.millrace.sys.UnixSockets;
import io.millrace.workers.ChildProcess;
import io.millrace.workers.WorkerCommand;
import io.millrace.workers.WorkerProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The workers of {@link Herd} as processes: started, told when to count, asked what they have counted. One thread uses
 * it, another hands over.
 */
final class HerdProcesses implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 60_000;

    /** What a worker has counted. */
    record Count(long wakeups, long useful, int served) {}

    private record Member(ChildProcess child, int tie) {}

    private final Kernel kernel;
    private final List<Member> members = new ArrayList<>();
    private int turn;

    HerdProcesses(Kernel kernel) {
        this.kernel = kernel;
    }

    /** Starts them, the first one slow; returns when all of them wait. */
    void start(HerdWay way, List<Integer> sockets, int count, Duration slow, List<String> command) throws IOException {
        for (int i = 0; i < count; i++) {
            List<String> all = new ArrayList<>(command);
            all.add(way.name());
            all.add(Long.toString(i == 0 ? slow.toNanos() : 0));
            start(way == HerdWay.ONE_ACCEPTOR ? -1 : sockets.get(i % sockets.size()), all);
        }
        for (Member member : members) {
            hear(member, 1);
        }
    }

    private void start(int socket, List<String> command) throws IOException {
        int[] pair = new int[2];
        HerdMeasure.check(
                "socketpair", Sockets.socketpair(Sockets.AF_UNIX, Sockets.SOCK_STREAM | Sockets.SOCK_CLOEXEC, 0, pair));
        int pid = Spawn.spawn(
                command.getFirst(),
                command,
                WorkerCommand.environment(),
                new int[] {socket < 0 ? pair[1] : socket, pair[1]},
                new int[] {0, WorkerProcess.TIE});
        Descriptors.close(pair[1]);
        if (pid < 0) {
            Descriptors.close(pair[0]);
        }
        HerdMeasure.check("posix_spawn", pid);
        members.add(new Member(new ChildProcess(pid, null), pair[0]));
    }

    /** From now on they count; returns when all do. */
    void count() throws IOException {
        for (Member member : members) {
            say(member, HerdWorker.COUNT);
            hear(member, 1);
        }
    }

    /** Hands a connection to the next in turn. */
    void hand(int fd) {
        UnixSockets.Rights rights = new UnixSockets.Rights(1);
        rights.descriptors[0] = fd;
        rights.count = 1;
        UnixSockets.send(members.get(turn++ % members.size()).tie, new byte[] {HerdWorker.CONNECTION}, 0, 1, rights);
        kernel.close(fd);
    }

    /** Asks what they have counted, and lets them go. */
    List<Count> end() throws IOException {
        List<Count> counts = new ArrayList<>();
        for (Member member : members) {
            say(member, HerdWorker.END);
            String[] words = hear(member, 0).split(" ");
            counts.add(new Count(Long.parseLong(words[0]), Long.parseLong(words[1]), Integer.parseInt(words[2])));
        }
        return counts;
    }

    private static void say(Member member, byte word) {
        Descriptors.write(member.tie, new byte[] {word}, 1);
    }

    /** So many bytes, or a line. */
    private static String hear(Member member, int count) throws IOException {
        StringBuilder heard = new StringBuilder();
        byte[] one = new byte[1];
        while (count == 0 || heard.length() < count) {
            int found = Poll.await(member.tie, Poll.POLLIN, -1, PATIENCE_MILLIS);
            if (found == -Errno.EINTR) {
                continue;
            }
            if (found <= 0 || Descriptors.read(member.tie, one, 1) <= 0) {
                throw new IOException("a worker process of the herd has ended, or says nothing");
            }
            if (count == 0 && one[0] == '\n') {
                break;
            }
            heard.append(new String(one, StandardCharsets.US_ASCII));
        }
        return heard.toString();
    }

    /** Ends those that are left, and takes note of the ends of all. */
    @Override
    public void close() {
        for (Member member : members) {
            // The end of its orders: a worker that hears it goes by itself.
            Descriptors.close(member.tie);
            Poll.await(member.child.pidfd(), Poll.POLLIN, -1, PATIENCE_MILLIS);
            if (!member.child.reap()) {
                member.child.kill();
                Poll.await(member.child.pidfd(), Poll.POLLIN, -1, PATIENCE_MILLIS);
                member.child.reap();
            }
            Descriptors.close(member.child.pidfd());
        }
        members.clear();
    }
}
