#pragma once

#include "tests/power_loss/dice.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace accessd::power_loss {

inline constexpr std::size_t sector_size = 512;

/// How likely the newest state of something unsynced is to survive, out of 8. A file draws one for all its
/// sectors, so that "all" and "nothing" happen beside every mixture.
unsigned draw_luck(Dice& dice);

/// Picks what survives: the newest (an index of `versions - 1`) with the given luck, else any of them.
std::size_t draw_survivor(Dice& dice, unsigned luck, std::size_t versions);

/// A value that a power cut may set back to any that it had since it was last made durable.
template <class T> class Unsettled {
public:
    explicit Unsettled(T first) : versions_(1, std::move(first)) {}

    const T& now() const { return versions_.back(); }

    void set(T value) { versions_.push_back(std::move(value)); }

    void settle() { versions_.erase(versions_.begin(), versions_.end() - 1); }

    void fall(Dice& dice, unsigned luck) {
        T survivor = versions_[draw_survivor(dice, luck, versions_.size())];
        versions_.assign(1, std::move(survivor));
    }

private:
    std::vector<T> versions_;
};

/// The bytes of one file, and of each sector every version that the disk may hold instead. Bytes beside those
/// that were written never change ("power-safe overwrite").
class File {
public:
    File() = default;

    std::size_t size() const { return bytes_.size(); }

    /// Fills what lies behind the end with zeros. Gives how many bytes there were.
    std::size_t read(std::span<char> to, std::size_t offset) const;
    void write(std::span<const char> from, std::size_t offset);
    void truncate(std::size_t size); ///< or grows, with zeros

    void settle();         ///< what a sync does
    void fall(Dice& dice); ///< what a power cut does

private:
    using Sector = std::array<char, sector_size>;

    void remember(std::size_t from, std::size_t until);
    Sector sector(std::size_t index) const;

    std::string bytes_;
    std::map<std::size_t, std::vector<Sector>> older_; ///< of sectors changed since the last sync
    Unsettled<std::size_t> size_{0};
};

/// A disk with one directory. Writing may lose the power at a step that was chosen before; without power
/// nothing works until restart().
class Disk {
public:
    enum class Syncs : std::uint8_t {
        kept,
        ignored, ///< the disk says that it is done and does nothing
    };

    Disk(std::uint64_t seed, Syncs syncs) : dice_(seed), syncs_(syncs) {}

    // Each of these is one step. False: there is no power, or it went at this step, before or after its
    // effect.
    bool create(const std::string& name);
    bool remove(const std::string& name);
    bool sync_directory(); ///< makes durable which names there are
    bool write(const std::string& name, File& file, std::span<const char> from, std::size_t offset);
    bool truncate(const std::string& name, File& file, std::size_t size);
    bool sync(const std::string& name, File& file);

    /// A step only while cuts may strike at reads, too. False as above.
    bool look();

    std::shared_ptr<File> find(const std::string& name) const; ///< null: there is none

    bool has_power() const { return power_; }

    /// The power goes at the `step`-th step from now, from 1.
    void cut_at(std::uint64_t step, bool reads_count);
    /// The power goes now, between two steps.
    void cut_now();
    /// Chooses what survived and gives the power back. No file may be open.
    void restart();

    /// Name of the file at whose change the power went; "" at a read or between two steps.
    const std::string& struck() const { return struck_; }

private:
    friend class Undisturbed;

    bool strikes(const std::string& name);
    template <class Action> bool change(const std::string& name, const Action& action);

    Dice dice_;
    Syncs syncs_;
    std::map<std::string, Unsettled<std::shared_ptr<File>>> entries_;
    std::string struck_;
    std::uint64_t countdown_ = 0; ///< 0: no cut is near
    bool reads_count_ = false;
    bool power_ = true;
};

/// While it lives no power cut strikes.
class Undisturbed {
public:
    explicit Undisturbed(Disk& disk) : disk_(disk), countdown_(std::exchange(disk.countdown_, 0)) {}

    Undisturbed(const Undisturbed&) = delete;
    Undisturbed& operator=(const Undisturbed&) = delete;

    ~Undisturbed() { disk_.countdown_ = countdown_; }

private:
    Disk& disk_;
    std::uint64_t countdown_;
};

} // namespace accessd::power_loss
