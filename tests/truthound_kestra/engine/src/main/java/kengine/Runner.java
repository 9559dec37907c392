package kengine;

import com.fasterxml.jackson.databind.JsonNode;
import io.kestra.core.http.HttpRequest;
import io.kestra.core.http.HttpResponse;
import io.kestra.core.models.Label;
import io.kestra.core.models.executions.Execution;
import io.kestra.core.models.executions.LogEntry;
import io.kestra.core.models.executions.MetricEntry;
import io.kestra.core.models.executions.TaskRun;
import io.kestra.core.models.flows.FlowWithSource;
import io.kestra.core.models.flows.State;
import io.kestra.core.models.flows.check.Check;
import io.kestra.core.models.triggers.AbstractTrigger;
import io.kestra.core.models.triggers.TriggerContext;
import io.kestra.core.models.triggers.PollingTriggerInterface;
import io.kestra.core.queues.QueueFactoryInterface;
import io.kestra.core.queues.QueueInterface;
import io.kestra.core.repositories.FlowRepositoryInterface;
import io.kestra.core.runners.DefaultRunContext;
import io.kestra.core.runners.ExecutorInterface;
import io.kestra.core.runners.FlowInputOutput;
import io.kestra.core.runners.FlowMetaStoreInterface;
import io.kestra.core.runners.Indexer;
import io.kestra.core.runners.RunContextFactory;
import io.kestra.core.runners.RunContextInitializer;
import io.kestra.core.server.Service;
import io.kestra.core.services.ConditionService;
import io.kestra.core.services.ExecutionService;
import io.kestra.core.services.FlowService;
import io.kestra.core.services.PluginDefaultService;
import io.kestra.core.services.WebhookService;
import io.kestra.core.storages.StorageInterface;
import io.kestra.plugin.core.trigger.AbstractWebhookTrigger;
import io.kestra.plugin.core.trigger.Schedule;
import io.kestra.plugin.core.trigger.WebhookContext;
import io.kestra.plugin.core.trigger.WebhookResponse;
import io.kestra.worker.DefaultWorker;
import io.micronaut.context.ApplicationContext;
import io.micronaut.inject.qualifiers.Qualifiers;
import org.slf4j.event.Level;

import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** One executor, worker and indexer on queues and a repository in memory, which run one flow after the other. */
public final class Runner implements Main.Runs {
    private static final int FILE_PREVIEW = 100_000;

    private final Queue<Execution> executions = new ConcurrentLinkedQueue<>();
    private final Queue<LogEntry> logs = new ConcurrentLinkedQueue<>();
    private final Queue<MetricEntry> metrics = new ConcurrentLinkedQueue<>();
    private final ApplicationContext context;
    private final FlowService flows;
    private final Path home;
    private volatile Instant lastMessage = Instant.now();

    public Runner() throws Exception {
        home = Files.createTempDirectory("kengine");
        Map<String, Object> config = new HashMap<>();
        config.put("kestra.server-type", "STANDALONE"); // errorLogs() works only where a worker runs
        config.put("kestra.server.liveness.enabled", false);
        for (String key : List.of("initial-delay", "fixed-delay", "retention")) {
            config.put("kestra.server.service.purge." + key, "1d");
        }
        config.put("kestra.repository.type", "memory");
        config.put("kestra.queue.type", "memory");
        // Kestra's own database in memory, whose locks on a busy machine are waited for longer than 2 s.
        config.put("datasources.h2.url", "jdbc:h2:mem:public;LOCK_TIMEOUT=60000");
        config.put("datasources.h2.username", "sa");
        config.put("datasources.h2.password", "");
        config.put("datasources.h2.driver-class-name", "org.h2.Driver");
        config.put("flyway.datasources.h2.enabled", true);
        config.put("flyway.datasources.h2.locations", List.of("classpath:migrations/h2"));
        config.put("flyway.datasources.h2.ignore-migration-patterns", List.of("*:missing", "*:future"));
        config.put("flyway.datasources.h2.out-of-order", true);
        config.put("kestra.jdbc.queues.min-poll-interval", "10ms");
        config.put("kestra.jdbc.queues.max-poll-interval", "50ms");
        config.put("kestra.encryption.secret-key", Base64.getEncoder().encodeToString(new byte[32])); // for SECRET inputs
        config.put("kestra.storage.type", "local");
        config.put("kestra.storage.local.base-path", home.resolve("storage").toString());
        config.put("kestra.tasks.tmp-dir.path", home.resolve("tasks").toString());
        context = ApplicationContext.builder().banner(false).properties(config).start();
        flows = context.getBean(FlowService.class);
        this.<Execution>queue(QueueFactoryInterface.EXECUTION_NAMED).receive(either -> keep(executions, either.getLeft()));
        this.<LogEntry>queue(QueueFactoryInterface.WORKERTASKLOG_NAMED).receive(either -> {
            if (either.getLeft().getLevel() != Level.TRACE) {
                keep(logs, either.getLeft());
            }
        });
        this.<MetricEntry>queue(QueueFactoryInterface.METRIC_QUEUE).receive(either -> keep(metrics, either.getLeft()));
        ExecutorInterface executor = context.getBean(ExecutorInterface.class);
        DefaultWorker worker = context.createBean(DefaultWorker.class, UUID.randomUUID().toString(), 4, null);
        context.registerSingleton(worker);
        Indexer indexer = context.getBean(Indexer.class);
        start(executor);
        start(worker);
        start(indexer);
        await(Duration.ofMinutes(1), () -> Stream.of(executor, worker, indexer).allMatch(s -> s.getState() != null && s.getState().isRunning()));
    }

    @Override
    public Map<String, Object> run(JsonNode request) throws Exception {
        Map<String, Object> result = new LinkedHashMap<>();
        Set<String> earlier = new HashSet<>(executions.stream().map(Execution::getId).toList());
        Duration timeout = Duration.ofSeconds(request.path("timeout").asLong(120));
        List<FlowWithSource> imported = new ArrayList<>();
        FlowWithSource flow;
        Execution execution;
        List<Check> failed;
        try {
            for (JsonNode other : request.path("before")) {
                imported.add(deploy(other.asText()));
            }
            flow = deploy(request.path("flow").asText());
            imported.add(flow);
            execution = request.hasNonNull("webhook") ? call(flow, request.path("webhook"))
                : request.hasNonNull("trigger") ? fire(flow, request.path("trigger").asText()) : start(flow, request.path("inputs"));
            failed = flows.getFailedChecks(flow, execution.getInputs());
        } catch (Exception e) { // refused flow, inputs or trigger
            result.put("state", "REFUSED");
            result.put("error", String.valueOf(e.getMessage()));
            return result;
        }
        result.put("checks", failed.stream().map(c -> Map.of("message", c.getMessage(), "behavior", c.getBehavior())).toList());
        switch (Check.resolveBehavior(failed)) {
            case BLOCK_EXECUTION -> {
                result.put("state", "BLOCKED");
                return result;
            }
            case FAIL_EXECUTION -> execution = execution.withState(State.Type.FAILED);
            default -> { }
        }

        String id = execution.getId();
        FlowWithSource full = context.getBean(PluginDefaultService.class).injectAllDefaults(flow, false);
        ExecutionService service = context.getBean(ExecutionService.class);
        if (last(id).isEmpty()) { // a webhook has started it already
            this.<Execution>queue(QueueFactoryInterface.EXECUTION_NAMED).emit(execution);
        }
        boolean ended = await(timeout, () -> last(id).filter(e -> service.isTerminated(full, e)).isPresent());
        List<Map<String, Object>> again = new ArrayList<>();
        for (JsonNode how : request.path("again")) {
            Execution before = last(id).orElseThrow();
            int states = before.getState().getHistories().size();
            Execution next = how.isTextual()
                ? service.replay(before, full, taskRun(before, how.asText()), null) : service.restart(before, null);
            this.<Execution>queue(QueueFactoryInterface.EXECUTION_NAMED).emit(next);
            boolean same = next.getId().equals(id);
            ended = await(timeout, () -> last(next.getId()).filter(e -> service.isTerminated(full, e)
                && (!same || e.getState().getHistories().size() > states)).isPresent());
            await(Duration.ofSeconds(5), () -> lastMessage.isBefore(Instant.now().minusMillis(300)));
            again.add(describe(last(next.getId()).orElse(next)));
        }
        result.put("again", again);
        long follow = request.path("follow").asLong(0);
        if (follow > 0) {
            await(timeout, () -> others(earlier, id).filter(e -> e.getState().isTerminated()).count() >= follow);
        }
        await(Duration.ofSeconds(5), () -> lastMessage.isBefore(Instant.now().minusMillis(300))); // late logs and metrics

        result.put("ended", ended);
        result.putAll(describe(last(id).orElse(execution)));
        result.put("triggered", others(earlier, id).map(this::describe).toList());
        FlowRepositoryInterface repository = context.getBean(FlowRepositoryInterface.class);
        imported.forEach(repository::delete); // its triggers must not fire in the next run
        return result;
    }

    @Override
    public void close() throws Exception {
        try (Stream<Path> files = Files.walk(home)) {
            files.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
        }
    }

    private FlowWithSource deploy(String source) throws Exception {
        FlowWithSource flow = flows.importFlow(Main.TENANT, source);
        FlowMetaStoreInterface known = context.getBean(FlowMetaStoreInterface.class);
        await(Duration.ofSeconds(20), () -> known.findById(Main.TENANT, flow.getNamespace(), flow.getId(), Optional.of(flow.getRevision())).isPresent());
        return flow;
    }

    private Execution start(FlowWithSource flow, JsonNode values) {
        Map<String, Object> inputs = new LinkedHashMap<>();
        values.properties().forEach(input -> inputs.put(input.getKey(), Main.JSON.convertValue(input.getValue(), Object.class)));
        FlowInputOutput io = context.getBean(FlowInputOutput.class);
        return Execution.newExecution(flow, (f, e) -> io.readExecutionInputs(f, e, inputs), List.of(), Optional.empty());
    }

    /** The execution that a Schedule or polling trigger makes now. */
    private Execution fire(FlowWithSource flow, String id) throws Exception {
        AbstractTrigger trigger = flow.getTriggers().stream().filter(t -> t.getId().equals(id)).findFirst().orElseThrow();
        TriggerContext when = TriggerContext.builder().tenantId(Main.TENANT).namespace(flow.getNamespace()).flowId(flow.getId())
            .triggerId(id).date(ZonedDateTime.now().minusYears(1)).build();
        var runContext = (DefaultRunContext) context.getBean(RunContextFactory.class).of(flow, trigger);
        context.getBean(RunContextInitializer.class).forScheduler(runContext, when, trigger);
        var condition = context.getBean(ConditionService.class).conditionContext(runContext, flow, null);
        Optional<Execution> execution = switch (trigger) {
            case Schedule schedule -> schedule.evaluate(condition, when);
            case PollingTriggerInterface polling -> polling.evaluate(condition, when);
            default -> throw new IllegalArgumentException("trigger " + id + " fires by itself");
        };
        return execution.orElseThrow(() -> new IllegalArgumentException("trigger " + id + " did not fire"));
    }

    /** What a call of a webhook starts: the server looks for the trigger whose rendered key the URL holds. */
    private Execution call(FlowWithSource flow, JsonNode request) throws Exception {
        var service = context.getBean(WebhookService.class);
        String key = request.path("key").asText();
        AbstractWebhookTrigger trigger = null;
        for (AbstractTrigger other : Optional.ofNullable(flow.getTriggers()).orElse(List.of())) {
            if (other instanceof AbstractWebhookTrigger hook && key.equals(service.runContext(flow, hook).render(hook.getKey()))) {
                trigger = hook;
            }
        }
        if (trigger == null) {
            throw new IllegalArgumentException("no webhook has this key");
        }
        var uri = new URI("http", "localhost", "/api/v1/main/executions/webhook/" + flow.getNamespace() + "/" + flow.getId() + "/" + key,
            request.path("query").asText(null), null);
        Map<String, List<String>> headers = new LinkedHashMap<>();
        request.path("headers").properties().forEach(header -> headers.put(header.getKey(), List.of(header.getValue().asText())));
        var body = HttpRequest.StringRequestBody.of(request.path("body").asText());
        HttpResponse<?> response = trigger.evaluate(
            new WebhookContext(HttpRequest.of(uri, "POST", body, headers), null, flow, trigger, service)).block();
        if (response == null || !(response.getBody() instanceof WebhookResponse started)) {
            throw new IllegalArgumentException("the webhook answers " + (response == null ? "nothing" : response.getStatus().getCode()));
        }
        await(Duration.ofSeconds(20), () -> last(started.id()).isPresent());
        return last(started.id()).orElseThrow();
    }

    private static String taskRun(Execution execution, String task) {
        return execution.getTaskRunList().stream().filter(run -> run.getTaskId().equals(task)).findFirst().orElseThrow().getId();
    }

    private Map<String, Object> describe(Execution execution) {
        Map<String, Object> result = new LinkedHashMap<>();
        String id = execution.getId();
        result.put("flow", execution.getNamespace() + "." + execution.getFlowId());
        result.put("execution", id);
        result.put("state", execution.getState().getCurrent());
        result.put("states", execution.getState().getHistories().stream().map(h -> h.getState()).toList());
        result.put("inputs", execution.getInputs());
        result.put("outputs", execution.getOutputs());
        result.put("labels", Label.toMap(execution.getLabels()));
        result.put("tasks", Optional.ofNullable(execution.getTaskRunList()).orElse(List.of()).stream().map(this::describe).toList());
        result.put("logs", lines(l -> id.equals(l.getExecutionId()) && l.getTaskRunId() == null));
        return result;
    }

    private Map<String, Object> describe(TaskRun run) {
        Map<String, Object> task = new LinkedHashMap<>();
        Map<String, Object> outputs = run.getOutputs() == null ? Map.of() : run.getOutputs();
        task.put("id", run.getTaskId());
        task.put("value", run.getValue());
        task.put("state", run.getState().getCurrent());
        task.put("attempts", Optional.ofNullable(run.getAttempts()).orElse(List.of()).stream().map(a -> a.getState().getCurrent()).toList());
        task.put("outputs", outputs);
        task.put("files", files(run, outputs.get("outputFiles")));
        task.put("metrics", metrics.stream().filter(m -> run.getId().equals(m.getTaskRunId()))
            .map(m -> Map.of("name", m.getName(), "type", m.getType(), "value", m.getValue(), "tags", Optional.ofNullable(m.getTags()).orElse(Map.of()))).toList());
        task.put("logs", lines(l -> run.getId().equals(l.getTaskRunId())));
        return task;
    }

    /** The beginning of each file that a task left in the internal storage. */
    private Map<String, String> files(TaskRun run, Object outputFiles) {
        Map<String, String> result = new LinkedHashMap<>();
        if (outputFiles instanceof Map<?, ?> map) {
            map.forEach((name, uri) -> {
                try (InputStream file = context.getBean(StorageInterface.class).get(Main.TENANT, run.getNamespace(), URI.create(uri.toString()))) {
                    result.put(name.toString(), new String(file.readNBytes(FILE_PREVIEW), StandardCharsets.UTF_8));
                } catch (Exception e) {
                    result.put(name.toString(), "cannot be read: " + e);
                }
            });
        }
        return result;
    }

    private List<String> lines(Predicate<LogEntry> wanted) {
        return logs.stream().filter(wanted).sorted(Comparator.comparing(LogEntry::getTimestamp)).map(l -> l.getLevel() + " " + l.getMessage()).toList();
    }

    /** The last state of an execution: its history only grows, but the queue may deliver an earlier message later. */
    private Optional<Execution> last(String id) {
        return executions.stream().filter(e -> id.equals(e.getId()))
            .reduce((a, b) -> b.getState().getHistories().size() < a.getState().getHistories().size() ? a : b);
    }

    /** The last states of the executions that came with a run, without itself. */
    private Stream<Execution> others(Set<String> earlier, String id) {
        return executions.stream().map(Execution::getId).filter(other -> !other.equals(id) && !earlier.contains(other)).distinct()
            .flatMap(other -> last(other).stream());
    }

    private <T> void keep(Queue<T> seen, T message) {
        seen.add(message);
        lastMessage = Instant.now();
    }

    @SuppressWarnings("unchecked")
    private <T> QueueInterface<T> queue(String name) {
        return context.getBean(QueueInterface.class, Qualifiers.byName(name));
    }

    private static <S extends Service & Runnable> void start(S service) {
        Thread.ofPlatform().daemon().start(service);
    }

    private static boolean await(Duration timeout, BooleanSupplier done) throws InterruptedException {
        for (Instant end = Instant.now().plus(timeout); Instant.now().isBefore(end); Thread.sleep(20)) {
            if (done.getAsBoolean()) {
                return true;
            }
        }
        return false;
    }
}
