#include "tests/power_loss/disk.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace accessd::power_loss {

unsigned draw_luck(Dice& dice) {
    constexpr std::array<unsigned, 5> lucks = {0, 1, 4, 7, 8};
    return lucks[dice.below(lucks.size())];
}

std::size_t draw_survivor(Dice& dice, unsigned luck, std::size_t versions) {
    if (versions == 1 || dice.chance(luck, 8)) {
        return versions - 1;
    }
    return dice.below(luck == 0 ? versions - 1 : versions);
}

std::size_t File::read(std::span<char> to, std::size_t offset) const {
    const std::size_t there = offset < bytes_.size() ? std::min(to.size(), bytes_.size() - offset) : 0;
    std::copy_n(bytes_.data() + (there > 0 ? offset : 0), there, to.data());
    std::fill(to.begin() + static_cast<std::ptrdiff_t>(there), to.end(), '\0');
    return there;
}

void File::write(std::span<const char> from, std::size_t offset) {
    const std::size_t end = offset + from.size();
    remember(offset, end);
    if (end > bytes_.size()) {
        bytes_.resize(end);
        size_.set(end);
    }
    std::copy(from.begin(), from.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
}

void File::truncate(std::size_t size) {
    if (size < bytes_.size()) {
        remember(size, bytes_.size());
    }
    bytes_.resize(size);
    size_.set(size);
}

void File::settle() {
    older_.clear();
    size_.settle();
}

void File::fall(Dice& dice) {
    const unsigned luck = draw_luck(dice);
    size_.fall(dice, luck);
    for (const auto& [index, versions] : older_) {
        const std::size_t survivor = draw_survivor(dice, luck, versions.size() + 1);
        if (survivor < versions.size()) {
            const std::size_t begin = index * sector_size;
            bytes_.resize(std::max(bytes_.size(), begin + sector_size));
            std::memcpy(bytes_.data() + begin, versions[survivor].data(), sector_size);
        }
    }
    bytes_.resize(size_.now());
    older_.clear();
}

void File::remember(std::size_t from, std::size_t until) {
    for (std::size_t index = from / sector_size; index * sector_size < until; ++index) {
        older_[index].push_back(sector(index));
    }
}

File::Sector File::sector(std::size_t index) const {
    Sector bytes;
    read(bytes, index * sector_size);
    return bytes;
}

bool Disk::create(const std::string& name) {
    return change(name, [&] {
        const auto found = entries_.try_emplace(name, nullptr).first;
        found->second.set(std::make_shared<File>());
    });
}

bool Disk::remove(const std::string& name) {
    return change(name, [&] {
        const auto found = entries_.find(name);
        if (found != entries_.end()) {
            found->second.set(nullptr);
        }
    });
}

bool Disk::sync_directory() {
    return change("", [&] {
        if (syncs_ == Syncs::kept) {
            for (auto& [name, file] : entries_) {
                file.settle();
            }
        }
    });
}

bool Disk::write(const std::string& name, File& file, std::span<const char> from, std::size_t offset) {
    return change(name, [&] { file.write(from, offset); });
}

bool Disk::truncate(const std::string& name, File& file, std::size_t size) {
    return change(name, [&] { file.truncate(size); });
}

bool Disk::sync(const std::string& name, File& file) {
    return change(name, [&] {
        if (syncs_ == Syncs::kept) {
            file.settle();
        }
    });
}

bool Disk::look() {
    return power_ && !(reads_count_ && strikes(""));
}

std::shared_ptr<File> Disk::find(const std::string& name) const {
    const auto found = entries_.find(name);
    return found == entries_.end() ? nullptr : found->second.now();
}

void Disk::cut_at(std::uint64_t step, bool reads_count) {
    countdown_ = step;
    reads_count_ = reads_count;
}

void Disk::cut_now() {
    countdown_ = 0;
    power_ = false;
    struck_.clear();
}

void Disk::restart() {
    const unsigned luck = draw_luck(dice_);
    for (auto entry = entries_.begin(); entry != entries_.end();) {
        entry->second.fall(dice_, luck);
        const auto file = entry->second.now();
        entry = file ? std::next(entry) : entries_.erase(entry);
        if (file) {
            if (file.use_count() != 2) {
                throw std::logic_error("a file is still open after a power cut");
            }
            file->fall(dice_);
        }
    }
    countdown_ = 0;
    power_ = true;
    struck_.clear();
}

bool Disk::strikes(const std::string& name) {
    if (countdown_ == 0 || --countdown_ > 0) {
        return false;
    }
    power_ = false;
    struck_ = name;
    return true;
}

template <class Action> bool Disk::change(const std::string& name, const Action& action) {
    if (!power_) {
        return false;
    }
    const bool last = strikes(name);
    if (!last || dice_.chance(1, 2)) {
        action();
    }
    return !last;
}

} // namespace accessd::power_loss
