#pragma once

#include "tests/power_loss/content.hpp"
#include "tests/power_loss/disk.hpp"
#include "tests/power_loss/rig.hpp"
#include "tests/power_loss/scribe.hpp"
#include "tests/power_loss/subject.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace accessd::power_loss {

/// What the store was doing when the power went.
enum class Moment : std::uint8_t {
    creation,   ///< making a new database
    migration,  ///< opening one of an older schema
    recovery,   ///< opening one that had lost its power before
    opening,    ///< opening one that had been closed in good order
    saving,     ///< a save or a pin
    checkpoint, ///< copying the log into the database
    closing,
    idle, ///< nothing: between two calls
};

inline constexpr std::size_t moment_count = 8;

enum class Harm : std::uint8_t {
    none,
    lost,    ///< something that was acknowledged is not there, and all is in order otherwise
    torn,    ///< a save is there in part
    corrupt, ///< SQLite, the audit chain or the store itself finds a fault
};

/// Who sees the harm without knowing what had been acknowledged.
enum class Witness : std::uint8_t {
    nobody,
    store,     ///< accessd itself refuses to open it or to go on
    structure, ///< PRAGMA integrity_check or foreign_key_check
    audit,     ///< the audit's chain or its checkpoints, and SQLite finds no fault
};

class Outcome {
public:
    Outcome() = default;

    std::array<std::uint64_t, moment_count> cuts{}; ///< how many struck at which moment
    std::uint64_t saves = 0;                        ///< acknowledged
    Harm harm = Harm::none;
    Witness witness = Witness::nobody;
    std::string what;         ///< with harm: a sentence
    bool rows_lost = false;   ///< audit rows that were acknowledged are not there
    bool loss_missed = false; ///< and verifying finds no fault though it is told the last head
};

/// The life of one state directory through one to three power cuts, all given by a seed. A twin on a disk
/// that never fails is told what was acknowledged; after every cut the recovered database must be equal to
/// it, with or without the one write that was under way.
class Story {
public:
    Story(Rig& rig, std::uint64_t seed);

    Outcome run();

private:
    void prepare();
    bool open(Moment moment);
    bool check();
    void judge_loss(const AuditReport& report);
    void live();
    void strike(Moment aim);

    bool goes_on() const { return victim_ && disk_.has_power(); }

    void step();
    void end();
    void fail(Harm harm, Witness witness, std::string what);

    void save();
    void save(std::vector<Changes> group);
    void pin();
    void claim();
    void copy_log();
    bool reopen();

    /// Saves what the victim was asked to save; the answer, if there was one, must be the twin's.
    void tell_twin(const Changes& changes, const Result<Saved>* answer);
    void tell_twin(const Entitlement& entitlement);
    /// What to do about a write that was not acknowledged.
    void leave_open(const Error& error, std::function<void()> adopt);

    Rig& rig_;
    Dice dice_;
    Disk disk_;
    Disk calm_disk_;
    bool wordy_; ///< writes so much that the store copies its log by itself
    Scribe scribe_;
    Subject::Kind kind_ = Subject::Kind::store; ///< in this life
    Moment moment_ = Moment::creation;
    Moment first_ = Moment::creation; ///< what opening is until it has succeeded once
    bool was_open_ = false;
    std::unique_ptr<Subject> victim_;
    std::unique_ptr<Subject> twin_;
    std::function<void()> under_way_; ///< tells the twin of the write that the power cut interrupted
    std::int64_t acknowledged_seq_ = 0;
    std::string acknowledged_head_; ///< what a ticket would have been told
    Outcome outcome_;
};

} // namespace accessd::power_loss
