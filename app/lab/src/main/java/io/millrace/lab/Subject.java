// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A contender's process while it serves. */
final class Subject implements AutoCloseable {
    private static final long START_SECONDS = 20;
    private static final long END_SECONDS = 3;
    private static final long STEP_MILLIS = 20;

    private final Contender contender;
    private final Process process;
    private final int port;
    private final Path output;
    private long memoryAlone;

    private Subject(Contender contender, Process process, int port, Path output) {
        this.contender = contender;
        this.process = process;
        this.port = port;
        this.output = output;
    }

    /**
     * Starts a contender and waits until its port answers.
     *
     * @param settings where it is to run, and to leave what it says
     * @throws IOException if it ends or does not answer in time: with the last thing that it said
     */
    static Subject start(Contender contender, Scenario.Service service, Settings settings)
            throws IOException, InterruptedException {
        int port = freePort();
        List<String> command = settings.placed(settings.serverProcessor());
        command.addAll(contender.commands().command(service, port));
        Path output = Files.createTempFile(settings.folder(), contender.name(), ".log");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .start();
        Subject subject = new Subject(contender, process, port, output);
        try {
            subject.awaitAnswer();
            return subject;
        } catch (IOException | InterruptedException e) {
            subject.close();
            throw e;
        }
    }

    /** Free a moment ago: good enough on a machine that is measured, and every server can be given a port. */
    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private void awaitAnswer() throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (System.nanoTime() < end) {
            if (!process.isAlive()) {
                throw new IOException(contender.name() + " ended: " + lastWords());
            }
            if (answers()) {
                return;
            }
            Thread.sleep(STEP_MILLIS);
        }
        throw new IOException(contender.name() + " does not answer: " + lastWords());
    }

    private boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(address());
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }

    private String lastWords() {
        try {
            List<String> lines = Files.readAllLines(output);
            return lines.isEmpty() ? "without a word" : lines.getLast();
        } catch (IOException e) {
            return "without a readable word";
        }
    }

    Contender contender() {
        return contender;
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** What it and the processes that it started use. */
    ProcessTree tree() {
        return new ProcessTree(process.toHandle());
    }

    /** Notes what it needs without a client. */
    void weigh() {
        memoryAlone = tree().memory();
    }

    /** What it needed in bytes when {@link #weigh} was called. */
    long memoryAlone() {
        return memoryAlone;
    }

    /**
     * Stands still until {@link #resume}: one that asks its sockets without waiting would take the processor from the
     * others.
     */
    void pause() throws IOException, InterruptedException {
        signal("-STOP");
    }

    /** Goes on. */
    void resume() throws IOException, InterruptedException {
        signal("-CONT");
    }

    private void signal(String name) throws IOException, InterruptedException {
        StringBuilder command = new StringBuilder("kill " + name + " " + process.pid());
        process.descendants().forEach(child -> command.append(' ').append(child.pid()));
        // The shell's own kill: there are machines without the program. A child that has ended meanwhile makes it
        // complain, and the others
        // get the signal all the same.
        new ProcessBuilder("sh", "-c", command.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    /** Ends it and what it started: in order first, then at once. */
    @Override
    public void close() {
        try {
            resume();
        } catch (IOException e) {
            // Then it is ended at once, below.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
        all.add(process.toHandle());
        process.destroy();
        try {
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                all.forEach(ProcessHandle::destroyForcibly);
            }
            all.forEach(ProcessHandle::destroyForcibly);
            Files.deleteIfExists(output);
        } catch (InterruptedException e) {
            all.forEach(ProcessHandle::destroyForcibly);
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            // A file left in the temporary folder is the least of worries.
        }
    }
}
