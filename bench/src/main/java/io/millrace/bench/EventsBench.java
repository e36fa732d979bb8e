// SPDX-License-Identifier: Apache-2.0
package io.millrace.bench;

import io.millrace.loop.EventLoop;
import io.millrace.loop.RunMode;
import io.millrace.loop.Timer;
import io.millrace.loop.Watch;
import io.millrace.poll.Interest;
import io.millrace.sys.Errno;
import io.millrace.sys.Sockets;
import java.time.Duration;
import java.util.Locale;

/**
 * The scenarios of {@code bench/c/libevent_bench.c} over Millrace, line by line what that does over libevent. Rounds
 * that are not printed come before, for the JIT compiler: until the process has used so many seconds of CPU time, which
 * a busy machine does not shorten.
 */
final class EventsBench {
    private static final int STREAM = Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK;
    private static final long MULTIPLIER = 6364136223846793005L;
    private static final long INCREMENT = 1442695040888963407L;

    private final EventLoop loop;
    private final byte[] in = new byte[64];
    private final byte[] out = {'e'};
    private int[] ends;
    private int pairs;
    private int writes;
    private int fired;
    private int count;
    private long seed;

    private EventsBench(EventLoop loop) {
        this.loop = loop;
        // From its first turn on the loop belongs to this thread.
        loop.turn(0);
    }

    public static void main(String[] args) throws Exception {
        if (args.length == 7 && args[0].equals("pipes")) {
            new EventsBench(BenchLoops.open(args[1]))
                    .pipes(
                            args[1],
                            number(args, 2),
                            number(args, 3),
                            number(args, 4),
                            seconds(args, 5),
                            number(args, 6));
        } else if (args.length == 5 && args[0].equals("cascade")) {
            new EventsBench(BenchLoops.open(args[1]))
                    .cascade(args[1], number(args, 2), seconds(args, 3), number(args, 4));
        } else if (args.length == 4 && args[0].equals("timers")) {
            new EventsBench(BenchLoops.open("epoll")).timers(number(args, 1), seconds(args, 2), number(args, 3));
        } else {
            System.err.println("usage: EventsBench pipes METHOD PAIRS ACTIVE WRITES WARMUP ROUNDS |"
                    + " cascade METHOD PAIRS WARMUP ROUNDS | timers COUNT WARMUP ROUNDS");
            System.exit(2);
        }
    }

    private static int number(String[] args, int index) {
        return Integer.parseInt(args[index]);
    }

    private static Duration seconds(String[] args, int index) {
        return Duration.ofMillis(Math.round(1000 * Double.parseDouble(args[index])));
    }

    /** Whether the process has used so much CPU time, in all its threads. */
    private static boolean isWarm(Duration warmup) {
        return ProcessHandle.current().info().totalCpuDuration().orElseThrow().compareTo(warmup) >= 0;
    }

    /** The number of the next round: those before the first are not printed. */
    private static int next(int round, Duration warmup) {
        return round >= 0 || isWarm(warmup) ? round + 1 : -1;
    }

    private static void check(String what, int result, int expected) {
        if (result != expected) {
            throw new IllegalStateException(what + ": " + (result < 0 ? Errno.describe(result) : result));
        }
    }

    private void writeTo(int pair) {
        check("send", Sockets.send(ends[2 * pair + 1], out, 0, 1, 0), 1);
    }

    private void openPairs(String method, int number, boolean cascade) {
        int edge = method.equals("epoll-et") ? Interest.EDGE : 0;
        pairs = number;
        ends = new int[2 * number];
        int[] two = new int[2];
        for (int i = 0; i < number; i++) {
            check("socketpair", Sockets.socketpair(Sockets.AF_UNIX, STREAM, 0, two), 0);
            ends[2 * i] = two[0];
            ends[2 * i + 1] = two[1];
            int pair = i;
            Watch.Callback callback =
                    cascade ? (watch, found) -> onCascade(watch, pair) : (watch, found) -> onRead(watch, pair);
            check("enable", loop.watch(two[0], Interest.READ | edge, callback).enable(), 0);
        }
        loop.run(RunMode.NOW);
    }

    private void onRead(Watch watch, int pair) {
        // All there is: an edge comes once for two bytes that arrived together.
        int n = Sockets.recv(watch.descriptor(), in, 0, in.length, 0);
        for (int i = 0; i < n; i++) {
            count++;
            if (writes > 0) {
                writeTo(pair + 1 == pairs ? 0 : pair + 1);
                writes--;
                fired++;
            }
        }
    }

    private void onCascade(Watch watch, int pair) {
        if (Sockets.recv(watch.descriptor(), in, 0, 1, 0) != 1) {
            return;
        }
        count++;
        if (pair + 1 < pairs) {
            writeTo(pair + 1);
        }
    }

    private void pipes(String method, int number, int active, int writesWanted, Duration warmup, int rounds) {
        openPairs(method, number, false);
        for (int round = -1; round < rounds; round = next(round, warmup)) {
            count = 0;
            fired = 0;
            writes = writesWanted;
            int space = number / active;
            for (int i = 0; i < active; i++, fired++) {
                writeTo(i * space);
            }
            long begun = System.nanoTime();
            do {
                loop.run(RunMode.NOW);
            } while (count != fired);
            print(round, System.nanoTime() - begun);
        }
    }

    private void cascade(String method, int number, Duration warmup, int rounds) {
        openPairs(method, number, true);
        for (int round = -1; round < rounds; round = next(round, warmup)) {
            count = 0;
            long begun = System.nanoTime();
            writeTo(0);
            do {
                loop.run(RunMode.NOW);
            } while (count != pairs);
            print(round, System.nanoTime() - begun);
        }
    }

    private long after(long least, long spread) {
        seed = seed * MULTIPLIER + INCREMENT;
        return 1000 * (least + (seed >>> 33) % spread);
    }

    private void timers(int number, Duration warmup, int rounds) {
        Timer[] timers = new Timer[number];
        for (int i = 0; i < number; i++) {
            timers[i] = loop.timer(() -> count++);
        }
        for (int round = -1; round < rounds; round = next(round, warmup)) {
            seed = 42;
            count = 0;
            long t0 = System.nanoTime();
            for (Timer timer : timers) {
                timer.setNanos(after(10_000_000, 60_000_000));
            }
            long t1 = System.nanoTime();
            for (Timer timer : timers) {
                timer.cancel();
            }
            long t2 = System.nanoTime();
            for (Timer timer : timers) {
                timer.setNanos(after(0, 1000));
            }
            long t3 = System.nanoTime();
            do {
                loop.run(RunMode.NOW);
            } while (count != number);
            print(round, t1 - t0, t2 - t1, t3 - t2, System.nanoTime() - t3);
        }
    }

    private static void print(int round, long... nanos) {
        if (round < 0) {
            return;
        }
        StringBuilder line = new StringBuilder();
        for (long one : nanos) {
            line.append(line.isEmpty() ? "" : " ").append(String.format(Locale.ROOT, "%.1f", one / 1e3));
        }
        System.out.println(line);
    }
}
